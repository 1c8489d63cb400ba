/** The loop's pauses: short jittered ones between attempts, long ones after a reset; all of them can be cut short. */

import type { Clock } from '../../shared/util/clock.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** The pause before retry `retry` (from 1), in ms: doubling, with the upper half at random so that producers spread. */
export function retryPauseMs(retry: number, random = Math.random): number {
  const full = Math.min(FIRST_PAUSE_MS * 2 ** (retry - 1), LONGEST_PAUSE_MS);
  return full * (0.5 + random() / 2);
}

export class BackOff {
  readonly #clock: Clock;
  readonly #paused: (ms: number) => void;
  /** Ends the pause that is under way; where there is none, the one that follows. */
  #wake = new AbortController();

  /** `paused` hears of each pause: its length in ms when it begins, and 0 when it is over. */
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

  /**
   * Ends the pause that is under way. A wake that comes between two pauses, while an attempt or a reset is under way,
   * counts for the pause that follows.
   */
  wake(): void {
    this.#wake.abort();
  }

  /** What was asked for by earlier wakes is being done: they do not shorten later pauses. */
  attempted(): void {
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }
}
