/**
 * Finds the bad records of a set that the target refused permanently as a whole. It halves the set, in order, while all other
 * records wait.
 */

import type { RecordRef } from './leased-range.ts';

export class Isolation {
  #sets: (readonly RecordRef[])[] = [];

  /** The only records to attempt now. Undefined means no restriction. */
  get current(): readonly RecordRef[] | undefined {
    return this.#sets[0];
  }

  /** Drops the current set, which has nothing left to attempt. */
  passed(): void {
    this.#sets.shift();
  }

  /**
   * Halves a set of records, in order, that failed permanently together. If the set is a single record, that record is the bad
   * one and is returned. The records may be a part of the current set. That set stays, and its other records go before
   * everything that comes after it.
   */
  split(refused: readonly RecordRef[]): RecordRef | undefined {
    if (refused.length <= 1) return refused[0];
    const half = Math.ceil(refused.length / 2);
    this.#sets.unshift(refused.slice(0, half), refused.slice(half));
    return undefined;
  }
}
