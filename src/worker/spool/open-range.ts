/**
 * A range that the loop has: how many of its messages have no outcome, and which deliveries have not been reported yet.
 * Partitions answer in turns, so one turn of the event loop brings single numbers with gaps. A whole range is one run.
 */

import { type NumberRun, runsOf } from '../../shared/sequence-ranges.ts';

export class OpenRange {
  readonly #first: number;
  readonly #last: number;
  #left: number;
  #allDelivered = true;
  #unsaid: number[] = [];

  constructor(first: number, count: number) {
    this.#first = first;
    this.#last = first + count - 1;
    this.#left = count;
  }

  /** Whether every message of the range has an outcome. */
  get isThrough(): boolean {
    return this.#left === 0;
  }

  delivered(number: number): void {
    this.#left--;
    this.#unsaid.push(number);
  }

  condemned(): void {
    this.#left--;
    this.#allDelivered = false;
  }

  get hasUnsaid(): boolean {
    return this.#unsaid.length > 0;
  }

  /**
   * Takes the deliveries since the last call, as runs. For a range delivered as a whole it returns the whole range, because
   * reporting a delivery twice is harmless.
   */
  take(): NumberRun[] {
    const numbers = this.#unsaid;
    this.#unsaid = [];
    if (this.isThrough && this.#allDelivered) return [[this.#first, this.#last]];
    return runsOf(numbers.sort((a, b) => a - b));
  }
}
