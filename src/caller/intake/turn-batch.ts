/** Collects the messages accepted in one turn of the event loop, so that they are leased together at its end, in full slots. */

import type { Clock } from '../../shared/util/clock.ts';

export class Turn {
  readonly #clock: Clock;
  readonly #ended: () => void;
  #begunAt: number | undefined;

  constructor(clock: Clock, ended: () => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** A message is being accepted. Returns when the first message of this turn was accepted, in ms of the clock. */
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
