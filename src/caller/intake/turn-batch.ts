/** Collects the messages accepted in one turn of the event loop, so that they are leased together at its end, in full slots. */

import type { Clock } from '../../shared/util/clock.ts';

export interface TurnListeners {
  /** The first message of a turn is about to be accepted, at `at`, in ms of the clock. */
  began(at: number): void;
  /** The messages of a turn were accepted. */
  ended(): void;
}

export class Turn {
  readonly #clock: Clock;
  readonly #listeners: TurnListeners;
  #begunAt: number | undefined;

  constructor(clock: Clock, listeners: TurnListeners) {
    this.#clock = clock;
    this.#listeners = listeners;
  }

  /** A message is being accepted. Returns when the first message of this turn was accepted, in ms of the clock. */
  arriving(): number {
    if (this.#begunAt === undefined) {
      this.#begunAt = this.#clock.now();
      this.#listeners.began(this.#begunAt);
      queueMicrotask(() => {
        this.#begunAt = undefined;
        this.#listeners.ended();
      });
    }
    return this.#begunAt;
  }
}
