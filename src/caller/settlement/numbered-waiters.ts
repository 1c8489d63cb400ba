/** Callers that each wait for one message. Their waits are found by the number of the message. */

import type { NumberRun } from '../../shared/sequence-ranges.ts';
import { type GiveUp, type Wait, type WaitOptions, Waits } from '../../shared/util/wait.ts';

export class NumberedWaits<T, Options extends WaitOptions = WaitOptions> {
  readonly #byNumber = new Map<number, Wait<T, number, Options>>();
  readonly #waits: Waits<T, number, Options>;

  constructor(giveUp: GiveUp<T, number, Options>) {
    this.#waits = new Waits(giveUp, (sequence) => this.#byNumber.delete(sequence));
  }

  get size(): number {
    return this.#byNumber.size;
  }

  has(sequence: number): boolean {
    return this.#byNumber.has(sequence);
  }

  /** Waits for message `sequence`, which must be newer than all messages with a wait. */
  until(sequence: number, options: Options): Promise<T> {
    const wait = this.#waits.add(sequence, options);
    if (!wait.isSettled) this.#byNumber.set(sequence, wait);
    return wait.promise;
  }

  /** Settles the waits for messages below `before`, in order. */
  settleBelow(before: number, settle: (wait: Wait<T, number, Options>) => void): void {
    this.#waits.settle(settle, (sequence) => sequence < before);
  }

  /** Removes and returns the wait for this message. The caller of this method must settle it. */
  take(sequence: number): Wait<T, number, Options> | undefined {
    const wait = this.#byNumber.get(sequence);
    this.#byNumber.delete(sequence);
    return wait;
  }

  /** Removes and returns the waits for all messages of a run. Walks either the run or the waits, whichever are fewer. */
  takeRun([first, last]: NumberRun): readonly Wait<T, number, Options>[] {
    return [...this.#numbersIn(first, last)].flatMap((sequence) => this.take(sequence) ?? []);
  }

  *#numbersIn(first: number, last: number): Generator<number> {
    if (last - first < this.size) for (let sequence = first; sequence <= last; sequence++) yield sequence;
    else for (const sequence of this.#byNumber.keys()) if (sequence >= first && sequence <= last) yield sequence;
  }
}
