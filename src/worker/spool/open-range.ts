/**
 * A range that the loop has: how much of it has no outcome, and what of it was delivered and not yet said. Partitions answer in
 * turns, so that what one turn of the event loop brings are single numbers with gaps; a whole range is one run.
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

  /** Everything in it has an outcome. */
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

  /** What was delivered since the last time; of a range that is through, all of it, which does no harm to say twice. */
  take(): NumberRun[] {
    const numbers = this.#unsaid;
    this.#unsaid = [];
    if (this.isThrough && this.#allDelivered) return [[this.#first, this.#last]];
    return runsOf(numbers.sort((a, b) => a - b));
  }
}
