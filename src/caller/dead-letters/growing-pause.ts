/** The pause before a failing dead-letter target is asked again. It doubles with each failure and can be cut short. */

import type { Clock } from '../../shared/util/clock.ts';
import { BackOff } from '../../worker/delivery/back-off.ts';

const FIRST_PAUSE_MS = 1000;
/** In ms. There is one timer for all dead letters of a target, so it can afford to probe a target that is back this often. */
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

  /** Makes the next pause short, because the target has taken a dead letter. */
  reset(): void {
    this.#ms = FIRST_PAUSE_MS;
  }

  /** Ends the pause. A wake while the target is being asked counts for the pause that follows. */
  wake(): void {
    this.reset();
    this.#backOff.wake();
  }

  /** The attempt that earlier wakes asked for is being made, so they do not shorten the next pause. */
  attempted(): void {
    this.#backOff.attempted();
  }
}
