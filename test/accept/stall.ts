/** How long the event loop of this thread did not turn. */

import { setImmediate as turn } from 'node:timers/promises';

export class Stall {
  #longestMs = 0;
  #last = performance.now();
  #isWatching = true;
  readonly #watching = this.#watch();

  async #watch(): Promise<void> {
    while (this.#isWatching) {
      await turn();
      const now = performance.now();
      this.#longestMs = Math.max(this.#longestMs, now - this.#last);
      this.#last = now;
    }
  }

  /** The longest time between two turns, in ms. */
  async end(): Promise<number> {
    this.#isWatching = false;
    await this.#watching;
    return this.#longestMs;
  }
}
