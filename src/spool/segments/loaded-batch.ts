/** One batch in memory: where its records are, and which of them are whole. */

import { BATCH_HEAD_BYTES, TABLE_ENTRY_BYTES } from '../format.ts';
import { sizeAt } from './batch-encoder.ts';
import { type CrcMemory, crcSeed, recordCrc } from './record-crc.ts';

/** Where a batch is in memory: its head at `at`, and all of it before `end`. */
export interface BatchExtent {
  readonly salt: number;
  readonly first: number;
  readonly count: number;
  readonly at: number;
  readonly end: number;
}

export class LoadedBatch {
  readonly first: number;
  readonly count: number;
  readonly memory: CrcMemory;
  readonly #salt: number;
  readonly #tableWord: number;
  /** Where each record begins and, one more, the last one ends; -1 where that cannot be known. */
  readonly #offsets: Float64Array;
  /** Whether the sizes of the table add up to what is there. */
  readonly isTableWhole: boolean;

  constructor(memory: CrcMemory, { salt, first, count, at, end }: BatchExtent) {
    this.memory = memory;
    this.first = first;
    this.count = count;
    this.#salt = salt;
    this.#tableWord = (at + BATCH_HEAD_BYTES) >>> 2;
    this.#offsets = new Float64Array(count + 1).fill(-1);
    const recordsAt = at + BATCH_HEAD_BYTES + count * TABLE_ENTRY_BYTES;
    this.isTableWhole = this.#tableSum() === end - recordsAt;
    this.#place(recordsAt);
  }

  get end(): number {
    return this.first + this.count;
  }

  offsetOf(index: number): number {
    return this.#offsets[index] as number;
  }

  /** The table says how long each record is, and so does the record itself: damage to one of them is made good by the other. */
  #place(recordsAt: number): void {
    let offset = recordsAt;
    for (let index = 0; index <= this.count && offset >= 0; index++) {
      this.#offsets[index] = offset;
      const size = this.isTableWhole ? this.#tableSize(index) : sizeAt(this.memory, offset);
      offset = size > 0 ? offset + size : -1;
    }
  }

  #tableSum(): number {
    let sum = 0;
    for (let index = 0; index < this.count; index++) sum += this.#tableSize(index);
    return sum;
  }

  #tableSize(index: number): number {
    return this.memory.words[this.#tableWord + 2 * index] ?? 0;
  }

  /** The record's size where it is whole, else 0. */
  wholeSize(index: number): number {
    const offset = this.offsetOf(index);
    const size = offset < 0 ? 0 : this.offsetOf(index + 1) - offset;
    if (size <= 0 || size !== sizeAt(this.memory, offset)) return 0;
    const crc = recordCrc(this.memory, offset, size, crcSeed(this.#salt, this.first + index));
    return crc === (this.memory.words[this.#tableWord + 2 * index + 1] as number) >>> 0 ? size : 0;
  }
}
