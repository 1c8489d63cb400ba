/** One batch in memory: where its records begin, and which of them are undamaged. */

import { BATCH_HEAD_BYTES, TABLE_ENTRY_BYTES } from '../format.ts';
import { sizeAt } from './batch-encoder.ts';
import { type CrcMemory, crcSeed, recordCrc } from './record-crc.ts';

/** Location of a batch in memory: its head begins at `at`, and its last record ends before `end`. */
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
  /** Where each record begins and, as the last entry, where the last record ends. -1 where that is unknown because of damage. */
  readonly #offsets: Float64Array;
  /** Whether the sizes in the table add up to the bytes that the records take. */
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

  /**
   * Finds where each record begins. Both the table and the record hold the size of a record, so damage to one of them is made
   * good by the other.
   */
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

  /** Returns the record's size in bytes, or 0 if it is damaged. */
  wholeSize(index: number): number {
    const offset = this.offsetOf(index);
    const size = offset < 0 ? 0 : this.offsetOf(index + 1) - offset;
    if (size <= 0 || size !== sizeAt(this.memory, offset)) return 0;
    const crc = recordCrc(this.memory, offset, size, crcSeed(this.#salt, this.first + index));
    return crc === (this.memory.words[this.#tableWord + 2 * index + 1] as number) >>> 0 ? size : 0;
  }
}
