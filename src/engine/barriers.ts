/** Flushes: each waits until everything that was accepted before it has settled. */

import { type Wait, type WaitOptions, wait } from './waiting.ts';

interface Barrier {
  /** Settled when no message below this sequence number is pending. */
  readonly before: number;
  readonly wait: Wait<void>;
}

export class Barriers {
  #barriers: Barrier[] = [];

  /** Resolves when everything below `before` has settled, or at the deadline; the caller counts what is left. */
  async until(before: number, options: WaitOptions): Promise<void> {
    options.signal?.throwIfAborted();
    const barrier: Barrier = { before, wait: wait<void>(options, () => undefined) };
    this.#barriers.push(barrier);
    await barrier.wait.promise;
    this.#barriers = this.#barriers.filter((other) => other !== barrier);
    options.signal?.throwIfAborted();
  }

  /** Something settled. `oldestPending` is only asked when somebody waits. */
  settled(oldestPending: () => number | undefined): void {
    if (this.#barriers.length === 0) return;
    const oldest = oldestPending() ?? Number.POSITIVE_INFINITY;
    for (const { before, wait } of this.#barriers) if (oldest >= before) wait.resolve();
  }
}
