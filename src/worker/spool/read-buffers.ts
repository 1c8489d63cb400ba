/** Memory for what is read from disk: the loop has it until the range is through, then it is used again. */

import { OUTCOME, SLOT_OVERHEAD, SLOT_RECORDS, SlotMemory } from '../../shared/memory/slot.ts';
import type { ChunkLimits, SpoolChunk } from '../../spool/segments/chunk.ts';

/** How much is read at a time: as much as a slot holds. */
const READ = { maxBytes: 64 * 1024, maxRecords: SLOT_RECORDS, spareBytes: SLOT_OVERHEAD };
const USUAL_BYTES = READ.maxBytes + READ.spareBytes;

export class LentMemory {
  readonly #lent = new Map<number, SharedArrayBuffer>();
  readonly #free: SharedArrayBuffer[] = [];

  /** For the next read. */
  get limits(): ChunkLimits {
    return { ...READ, into: this.#free.at(-1) };
  }

  /** What was read, laid out as the loop knows it. */
  lend(id: number, { memory, offsets }: SpoolChunk): SharedArrayBuffer {
    const slot = new SlotMemory(memory.buffer as SharedArrayBuffer);
    if (slot.shared === this.#free.at(-1)) this.#free.pop();
    slot.offsets.set(offsets);
    slot.outcomes.fill(OUTCOME.none);
    this.#lent.set(id, slot.shared);
    return slot.shared;
  }

  /** The range of this id is through; one that was not read from disk has nothing here. */
  giveBack(id: number): void {
    const memory = this.#lent.get(id);
    this.#lent.delete(id);
    if (memory?.byteLength === USUAL_BYTES) this.#free.push(memory);
  }
}
