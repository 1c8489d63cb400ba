/**
 * Map of the settled sequence numbers of a segment. It has a bit for each number, so that the worst order of settlements takes
 * no more memory than the best.
 *
 *     number   first   first+1 ...   first+7 │ first+8 ...
 *     bit      0       1             7       │ 0             1 = settled; bytes not allocated yet count as 0
 */

import type { NumberRun } from '../../shared/sequence-ranges.ts';

const ALL = 0xff;
const BITS_OF = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
const SMALLEST = 64;

export class SettledMap {
  readonly #first: number;
  #bits = new Uint8Array(0);
  #count = 0;

  constructor(first: number) {
    this.#first = first;
  }

  get count(): number {
    return this.#count;
  }

  has(number: number): boolean {
    const index = number - this.#first;
    return (((this.#bits[index >>> 3] ?? 0) >>> (index & 7)) & 1) === 1;
  }

  /** Settles a run. Returns how many of its numbers had not settled before. */
  settle(first: number, last: number): number {
    const before = this.#count;
    const end = last - this.#first + 1;
    this.#reserve(end);
    let index = first - this.#first;
    while (index < end) index += (index & 7) === 0 && end - index >= 8 ? this.#setByte(index) : this.#setBit(index);
    return this.#count - before;
  }

  #setBit(index: number): 1 {
    const at = index >>> 3;
    const bits = this.#bits[at] as number;
    const bit = 1 << (index & 7);
    if ((bits & bit) === 0) this.#count++;
    this.#bits[at] = bits | bit;
    return 1;
  }

  #setByte(index: number): 8 {
    this.#count += 8 - (BITS_OF[this.#bits[index >>> 3] as number] as number);
    this.#bits[index >>> 3] = ALL;
    return 8;
  }

  #reserve(indexes: number): void {
    const needed = (indexes + 7) >>> 3;
    if (needed <= this.#bits.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bits.length, SMALLEST));
    grown.set(this.#bits);
    this.#bits = grown;
  }

  /** Returns the first number from `from` on, below `end`, that has not settled, or `end` if all have. */
  nextUnsettled(from: number, end: number): number {
    return this.#find(from, end, ALL);
  }

  /** Returns the first number from `from` on, below `end`, that has settled, or `end` if none has. */
  nextSettled(from: number, end: number): number {
    return this.#find(from, end, 0);
  }

  /** Finds the first bit that differs from those of `skip`, a byte at a time where possible. */
  #find(from: number, end: number, skip: number): number {
    const limit = end - this.#first;
    let index = from - this.#first;
    while (index < limit) {
      const bits = this.#bits[index >>> 3] ?? 0;
      if (bits === skip) index = (index | 7) + 1;
      else if (((bits >>> (index & 7)) & 1) !== (skip & 1)) return this.#first + index;
      else index++;
    }
    return Math.max(from, end);
  }

  /** Yields the settled runs below `end`, in order. */
  *runs(end: number): Generator<NumberRun> {
    for (let first = this.nextSettled(this.#first, end); first < end; ) {
      const after = this.nextUnsettled(first, end);
      yield [first, after - 1];
      first = this.nextSettled(after, end);
    }
  }

  /** Yields the unsettled runs from `from` on, below `end`, in order. */
  *unsettledRuns(from: number, end: number): Generator<NumberRun> {
    for (let first = this.nextUnsettled(from, end); first < end; ) {
      const after = this.nextSettled(first, end);
      yield [first, after - 1];
      first = this.nextUnsettled(after, end);
    }
  }
}
