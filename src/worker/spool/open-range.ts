/**
 * A range that the loop has: how many of its messages have no outcome, and which deliveries have not been reported yet.
 * Partitions answer in turns, so one turn of the event loop brings single numbers with gaps. A whole range is one run.
 */

import type { LeaseMessage } from '../../shared/protocol.ts';
import { type NumberRun, runFrom, runsOf } from '../../shared/sequence-ranges.ts';

export class OpenRange {
  readonly isOnDiskOnly: boolean;
  readonly #run: NumberRun;
  #left: number;
  #allDelivered = true;
  #unsaid: number[] = [];

  constructor({ sequence, count, isOnDiskOnly = false }: Pick<LeaseMessage, 'sequence' | 'count' | 'isOnDiskOnly'>) {
    this.isOnDiskOnly = isOnDiskOnly;
    this.#run = runFrom(sequence, count);
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

  permanentlyFailed(): void {
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
    if (this.isThrough && this.#allDelivered) return [this.#run];
    return runsOf(numbers.sort((a, b) => a - b));
  }
}
