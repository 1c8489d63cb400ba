/** Callers of `flush`. Each waits until all messages that were accepted before it have settled. */

import { type WaitOptions, Waits } from '../../shared/util/wait.ts';

export class Barriers {
  /** Each wait lasts until no message below its number is pending. Later waits have higher numbers. */
  readonly #waits = new Waits<void, number>(({ options: { signal } }) => signal?.throwIfAborted());

  /** Resolves when all messages below `before` have settled, or at the deadline. The caller then counts the pending messages. */
  until(before: number, options: WaitOptions): Promise<void> {
    return this.#waits.add(before, options).promise;
  }

  /** Resolves the waits that are over. `oldestPending` is only called if there are waits. */
  settled(oldestPending: () => number | undefined): void {
    if (this.#waits.isEmpty) return;
    const oldest = oldestPending() ?? Number.POSITIVE_INFINITY;
    this.#waits.settle(
      (wait) => wait.resolve(),
      (before) => before <= oldest,
    );
  }
}
