/** What is read back: records in memory of their own, as they lay in the queue's. */

import type { LoadedBatch } from './loaded-batch.ts';

/** Records whose numbers follow one another from `first` on. */
export interface SpoolChunk {
  readonly first: number;
  /** Over a SharedArrayBuffer of its own, from its beginning. */
  readonly memory: Uint8Array;
  /** Where each record begins in `memory`, a multiple of 8. */
  readonly offsets: Uint32Array;
}

export interface ChunkLimits {
  /** At least one record is read, however large it is. */
  readonly maxBytes: number;
  readonly maxRecords?: number;
}

const USUAL_BYTES = 64 * 1024;

/** Gathers records until there are enough; one for all chunks, so that only the result is allocated. */
export class ChunkBuilder {
  #bytes = Buffer.allocUnsafeSlow(USUAL_BYTES);
  #used = 0;
  #offsets: number[] = [];
  #limits: ChunkLimits = { maxBytes: 0 };

  begin(limits: ChunkLimits): void {
    this.#limits = limits;
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
    if (this.#used > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(2 * this.#used);
      grown.set(this.#bytes.subarray(0, this.#used - records.length));
      this.#bytes = grown;
    }
    this.#bytes.set(records, this.#used - records.length);
  }

  finish(first: number): SpoolChunk {
    const memory = new Uint8Array(new SharedArrayBuffer(this.#used));
    memory.set(this.#bytes.subarray(0, this.#used));
    if (this.#bytes.length > 16 * USUAL_BYTES) this.#bytes = Buffer.allocUnsafeSlow(USUAL_BYTES);
    return { first, memory, offsets: Uint32Array.from(this.#offsets) };
  }
}
