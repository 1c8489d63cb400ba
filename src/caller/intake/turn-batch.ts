/** Messages that are accepted in one turn of the event loop are leased together at its end, full slots at once. */

import type { Clock } from '../../shared/util/clock.ts';

export class Turn {
  readonly #clock: Clock;
  readonly #ended: () => void;
  #begunAt: number | undefined;

  constructor(clock: Clock, ended: () => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** A message is coming in. Returns when the first one of this turn came, in ms of the clock. */
  arriving(): number {
    if (this.#begunAt === undefined) {
      this.#begunAt = this.#clock.now();
      queueMicrotask(() => {
        this.#begunAt = undefined;
        this.#ended();
      });
    }
    return this.#begunAt;
  }
}
