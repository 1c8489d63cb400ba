/** Pauses of the delivery loop: short ones with jitter between attempts, long ones after a reset. Every pause can be cut short. */

import type { Clock } from '../../shared/util/clock.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Returns the pause before retry number `retry` (counted from 1), in ms. The pause doubles with each retry, from 100 ms up to
 * 2 s. Its upper half is random, so that producers do not retry at the same moment.
 */
export function retryPauseMs(retry: number, random = Math.random): number {
  const full = Math.min(FIRST_PAUSE_MS * 2 ** (retry - 1), LONGEST_PAUSE_MS);
  return full * (0.5 + random() / 2);
}

export class BackOff {
  readonly #clock: Clock;
  readonly #paused: (ms: number) => void;
  /** Aborting it ends the current pause. If there is none, it ends the next one. */
  #wake = new AbortController();

  /** `paused` is called with the length in ms when a pause begins, and with 0 when it is over. */
  constructor(clock: Clock, paused: (ms: number) => void = () => {}) {
    this.#clock = clock;
    this.#paused = paused;
  }

  async pause(ms: number): Promise<void> {
    this.#paused(ms);
    await this.#clock.sleep(ms, this.#wake.signal);
    this.attempted();
    this.#paused(0);
  }

  /** Ends the current pause. A wake between two pauses, during an attempt or a reset, shortens the pause that follows. */
  wake(): void {
    this.#wake.abort();
  }

  /** Forgets earlier wakes, because the attempt that they asked for is being made. They do not shorten later pauses. */
  attempted(): void {
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }
}
