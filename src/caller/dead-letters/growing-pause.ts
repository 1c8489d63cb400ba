/** The pause before a failing dead-letter target is asked again. It doubles with each failure and can be cut short. */

import type { Clock } from '../../shared/util/clock.ts';
import { BackOff } from '../../worker/delivery/back-off.ts';

const FIRST_PAUSE_MS = 1000;
/** There is one timer for all letters of a target, so it may look often whether the target is back. */
const LONGEST_PAUSE_MS = 10_000;

export class GrowingPause {
  readonly #backOff: BackOff;
  #ms = FIRST_PAUSE_MS;

  constructor(clock: Clock) {
    this.#backOff = new BackOff(clock);
  }

  async wait(): Promise<void> {
    const ms = this.#ms;
    this.#ms = Math.min(ms * 2, LONGEST_PAUSE_MS);
    await this.#backOff.pause(ms);
  }

  /** The target has taken what it was asked to: the next pause is short. */
  reset(): void {
    this.#ms = FIRST_PAUSE_MS;
  }

  /** Ends the pause. A wake while the target is being asked counts for the pause that follows. */
  wake(): void {
    this.reset();
    this.#backOff.wake();
  }

  /** What was asked for by earlier wakes is being done. */
  attempted(): void {
    this.#backOff.attempted();
  }
}
