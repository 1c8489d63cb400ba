/** Flushes: each waits until everything that was accepted before it has settled. */

import { type WaitOptions, Waits } from '../../shared/util/wait.ts';

export class Barriers {
  /** Each until no message below that number is pending; later ones wait for more. */
  readonly #waits = new Waits<void, number>(({ options: { signal } }) => signal?.throwIfAborted());

  /** Resolves when everything below `before` has settled, or at the deadline; the caller counts what is left. */
  until(before: number, options: WaitOptions): Promise<void> {
    return this.#waits.add(before, options).promise;
  }

  /** Something settled. `oldestPending` is only asked when a caller waits. */
  settled(oldestPending: () => number | undefined): void {
    if (this.#waits.isEmpty) return;
    const oldest = oldestPending() ?? Number.POSITIVE_INFINITY;
    this.#waits.settle(
      (wait) => wait.resolve(),
      (before) => before <= oldest,
    );
  }
}
