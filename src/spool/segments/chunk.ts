/** Chunks of records read back from disk, in memory of their own, packed as in a slot. */

import type { LoadedBatch } from './loaded-batch.ts';

/** Records with consecutive sequence numbers, from `first` on. */
export interface SpoolChunk {
  readonly first: number;
  /**
   * Memory of the records, from the beginning of a SharedArrayBuffer. The buffer is the chunk's own or the one that was given.
   * At least `spareBytes` lie behind the records.
   */
  readonly memory: Uint8Array;
  /** Where each record begins in `memory`, in bytes, a multiple of 8. */
  readonly offsets: Uint32Array;
}

export interface ChunkLimits {
  /** Maximum bytes of records. At least one record is read, however large it is. */
  readonly maxBytes: number;
  readonly maxRecords?: number;
  /** Bytes to keep free behind the records for the caller. @default 0 */
  readonly spareBytes?: number;
  /** Memory to use again, if the records fit into it together with the spare bytes. @default new memory each time */
  readonly into?: SharedArrayBuffer | undefined;
}

const USUAL_BYTES = 64 * 1024;
const NONE = new Uint8Array(0);

/** Gathers records until a limit is reached. It copies them only once, straight into the memory of the chunk. */
export class ChunkBuilder {
  #memory: Uint8Array = NONE;
  #used = 0;
  #offsets: number[] = [];
  #limits: ChunkLimits = { maxBytes: 0 };

  begin(limits: ChunkLimits): void {
    this.#limits = limits;
    const { into, spareBytes = 0 } = limits;
    this.#memory = into === undefined ? NONE : new Uint8Array(into, 0, into.byteLength - spareBytes);
    this.#used = 0;
    this.#offsets = [];
  }

  get count(): number {
    return this.#offsets.length;
  }

  /**
   * Takes undamaged records of the batch from `index` on, below `limit`, until the chunk is full. Returns the index after the
   * last one taken.
   */
  take(batch: LoadedBatch, index: number, limit: number): number {
    const from = batch.offsetOf(index);
    let at = index;
    for (let size = 0; at < limit; at++) {
      size = batch.wholeSize(at);
      if (size === 0 || !this.#fits(size)) break;
      this.#offsets.push(this.#used);
      this.#used += size;
    }
    if (at > index) this.#copy(batch.memory.bytes.subarray(from, batch.offsetOf(at)));
    return at;
  }

  #fits(size: number): boolean {
    const { maxBytes, maxRecords = Number.POSITIVE_INFINITY } = this.#limits;
    return this.count === 0 || (this.#used + size <= maxBytes && this.count < maxRecords);
  }

  /** Copies records with one call, because records of a batch lie one after another both in the file and in the chunk. */
  #copy(records: Uint8Array): void {
    const before = this.#used - records.length;
    if (this.#used > this.#memory.length) {
      const { maxBytes } = this.#limits;
      const length = Math.max(this.#used, Math.min(maxBytes, Math.max(USUAL_BYTES, 2 * before)));
      const grown = this.#allocate(length);
      grown.set(this.#memory.subarray(0, before));
      this.#memory = grown;
    }
    this.#memory.set(records, before);
  }

  /** Allocates zeroed memory. Pages that are never written cost nothing. */
  #allocate(length: number): Uint8Array<SharedArrayBuffer> {
    const aligned = (length + 7) & ~7;
    const { spareBytes = 0 } = this.#limits;
    return new Uint8Array(new SharedArrayBuffer(aligned + spareBytes), 0, aligned);
  }

  finish(first: number): SpoolChunk {
    return { first, memory: this.#memory.subarray(0, this.#used), offsets: Uint32Array.from(this.#offsets) };
  }
}
