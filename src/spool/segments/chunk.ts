/** What is read back: records in memory of their own, as they lay in the queue's. */

import type { LoadedBatch } from './loaded-batch.ts';

/** Records whose numbers follow one another from `first` on. */
export interface SpoolChunk {
  readonly first: number;
  /** Over a SharedArrayBuffer of its own, or the one that was given, from its beginning; `spareBytes` or more lie behind it. */
  readonly memory: Uint8Array;
  /** Where each record begins in `memory`, a multiple of 8. */
  readonly offsets: Uint32Array;
}

export interface ChunkLimits {
  /** At least one record is read, however large it is. */
  readonly maxBytes: number;
  readonly maxRecords?: number;
  /** Room behind the records for whoever reads them. @default 0 */
  readonly spareBytes?: number;
  /** Memory to be used again, where what is read fits in beside the spare bytes. @default new memory each time */
  readonly into?: SharedArrayBuffer | undefined;
}

const USUAL_BYTES = 64 * 1024;
const NONE = new Uint8Array(0);

/** Gathers records until there are enough, where they are to lie in the end: nothing is copied twice. */
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

  /** Takes whole records of the batch from `index` on, below `limit`, while there is room. Returns the index behind them. */
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

  /** Records of one batch lie behind one another there as here. */
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

  /** Pages that are never written cost nothing. */
  #allocate(length: number): Uint8Array<SharedArrayBuffer> {
    const aligned = (length + 7) & ~7;
    const { spareBytes = 0 } = this.#limits;
    return new Uint8Array(new SharedArrayBuffer(aligned + spareBytes), 0, aligned);
  }

  finish(first: number): SpoolChunk {
    return { first, memory: this.#memory.subarray(0, this.#used), offsets: Uint32Array.from(this.#offsets) };
  }
}
