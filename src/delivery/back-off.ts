/** The loop's pauses: short jittered ones between attempts, long ones after a reset; all of them can be cut short. */

import type { Clock } from '../clock.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** The pause before retry `retry` (from 1), in ms: doubling, with the upper half at random so that producers spread. */
export function retryPauseMs(retry: number, random = Math.random): number {
  const full = Math.min(FIRST_PAUSE_MS * 2 ** (retry - 1), LONGEST_PAUSE_MS);
  return full * (0.5 + random() / 2);
}

export class BackOff {
  readonly #clock: Clock;
  #current: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async pause(ms: number): Promise<void> {
    this.#current = new AbortController();
    await this.#clock.sleep(ms, this.#current.signal);
    this.#current = undefined;
  }

  /** Ends the pause that is under way; without effect on later ones. */
  wake(): void {
    this.#current?.abort();
  }
}
