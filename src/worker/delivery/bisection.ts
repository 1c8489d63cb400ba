/** Finds the bad records of a set that was condemned as a whole: by halves, in order, while everybody else waits. */

import type { RecordRef } from './leased-range.ts';

export class Isolation {
  #sets: (readonly RecordRef[])[] = [];

  /** The set to be attempted now, with nothing else; undefined = no restriction. */
  get current(): readonly RecordRef[] | undefined {
    return this.#sets[0];
  }

  /** The current set has nothing left to attempt. */
  passed(): void {
    this.#sets.shift();
  }

  /**
   * These, in order, were condemned together. Returns the culprit where it is one alone. They may be a part of the current
   * set, which stays: what else it holds goes before all that comes after it.
   */
  split(condemned: readonly RecordRef[]): RecordRef | undefined {
    if (condemned.length <= 1) return condemned[0];
    const half = Math.ceil(condemned.length / 2);
    this.#sets.unshift(condemned.slice(0, half), condemned.slice(half));
    return undefined;
  }
}
