/**
 * The leased ranges that the worker holds, in the order of acceptance.
 *
 *     accepted earlier ──────────────────────────────► later
 *     [ range 1: x x . x ] [ range 2: . . . ] [ range 3: . . ]    x = has an outcome
 *                    ▲ head()
 */

import type { LeasedRange, RecordRef } from './leased-range.ts';

export class Window {
  readonly #ranges: LeasedRange[] = [];

  get isEmpty(): boolean {
    this.#trim();
    return this.#ranges.length === 0;
  }

  push(range: LeasedRange): void {
    this.#ranges.push(range);
  }

  /** Returns the oldest record without an outcome. */
  head(): RecordRef | undefined {
    this.#trim();
    const range = this.#ranges.find((candidate) => !candidate.isSettled);
    return range && { range, index: range.head };
  }

  /** Returns the oldest record after `ref` without an outcome. */
  successor(ref: RecordRef): RecordRef | undefined {
    for (const range of this.#ranges.slice(this.#ranges.indexOf(ref.range))) {
      const first = range === ref.range ? ref.index + 1 : 0;
      for (let index = first; index < range.size; index++) if (!range.settled(index)) return { range, index };
    }
    return undefined;
  }

  /** Returns the first range that has records without an outcome and is not in `taken`. */
  next(taken: { has(range: LeasedRange): boolean }): LeasedRange | undefined {
    this.#trim();
    return this.#ranges.find((range) => !range.isSettled && !taken.has(range));
  }

  /** Compares records by the order of acceptance. */
  compare(a: RecordRef, b: RecordRef): number {
    return this.#ranges.indexOf(a.range) - this.#ranges.indexOf(b.range) || a.index - b.index;
  }

  #trim(): void {
    while (this.#ranges[0]?.isSettled) this.#ranges.shift();
  }
}
