/** What the worker holds, in the order in which it was accepted. */

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

  /** The oldest record without an outcome. */
  head(): RecordRef | undefined {
    this.#trim();
    const range = this.#ranges.find((candidate) => !candidate.isSettled);
    return range && { range, index: range.head };
  }

  /** The oldest record without an outcome after `ref`. */
  successor(ref: RecordRef): RecordRef | undefined {
    for (const range of this.#ranges.slice(this.#ranges.indexOf(ref.range))) {
      const first = range === ref.range ? ref.index + 1 : 0;
      for (let index = first; index < range.size; index++) if (!range.settled(index)) return { range, index };
    }
    return undefined;
  }

  /** The first range that has something left and is not in `taken`. */
  next(taken: { has(range: LeasedRange): boolean }): LeasedRange | undefined {
    this.#trim();
    return this.#ranges.find((range) => !range.isSettled && !taken.has(range));
  }

  /** Orders records as they were accepted. */
  compare(a: RecordRef, b: RecordRef): number {
    return this.#ranges.indexOf(a.range) - this.#ranges.indexOf(b.range) || a.index - b.index;
  }

  #trim(): void {
    while (this.#ranges[0]?.isSettled) this.#ranges.shift();
  }
}
