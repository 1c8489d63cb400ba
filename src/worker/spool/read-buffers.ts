/** Lends memory for ranges read from disk. The loop has it until every message of the range has an outcome, then it is used again. */

import { OUTCOME, SLOT_OVERHEAD, SLOT_RECORDS, SlotMemory } from '../../shared/memory/slot.ts';
import type { ChunkLimits, SpoolChunk } from '../../spool/segments/chunk.ts';

/** Limits of one read: as much as a slot holds. */
const READ = { maxBytes: 64 * 1024, maxRecords: SLOT_RECORDS, spareBytes: SLOT_OVERHEAD };
const USUAL_BYTES = READ.maxBytes + READ.spareBytes;

export class LentMemory {
  /** By the sequence number of the range's first message. */
  readonly #lent = new Map<number, SharedArrayBuffer>();
  readonly #free: SharedArrayBuffer[] = [];

  /** Returns the limits of the next read, with free memory if there is some. */
  get limits(): ChunkLimits {
    return { ...READ, into: this.#free.at(-1) };
  }

  /** Returns the chunk in the layout of a slot, which the loop knows. */
  lend(sequence: number, { memory, offsets }: SpoolChunk): SharedArrayBuffer {
    const slot = new SlotMemory(memory.buffer as SharedArrayBuffer);
    if (slot.shared === this.#free.at(-1)) this.#free.pop();
    slot.offsets.set(offsets);
    slot.outcomes.fill(OUTCOME.none);
    this.#lent.set(sequence, slot.shared);
    return slot.shared;
  }

  /** Frees the memory of a finished range. A range that was not read from disk has none here. */
  giveBack(sequence: number): void {
    const memory = this.#lent.get(sequence);
    this.#lent.delete(sequence);
    if (memory?.byteLength === USUAL_BYTES) this.#free.push(memory);
  }
}
