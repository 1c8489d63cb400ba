/** Limits how fast a producer opens channels: RabbitMQ closes one for each message that it refuses with an error. */

import { type Clock, systemClock } from '../../../shared/util/clock.ts';

/** Channels that may be opened without a pause, which is enough to find one bad message among thousands. */
const BURST = 20;
/** After those, the time in ms from one channel to the next. */
const INTERVAL_MS = 100;

export class ChannelPace {
  readonly #clock: Clock;
  /** When the burst is available again in full, as the clock counts. */
  #restedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Resolves when one more channel may be opened. */
  async turn(): Promise<void> {
    const now = this.#clock.now();
    this.#restedAt = Math.max(this.#restedAt, now) + INTERVAL_MS;
    const waitMs = this.#restedAt - now - BURST * INTERVAL_MS;
    if (waitMs > 0) await this.#clock.sleep(waitMs);
  }
}
