/** Limits the rate at which a producer opens channels, because RabbitMQ closes a channel for each message that it refuses. */

import { type Clock, systemClock } from '../../../shared/util/clock.ts';

/** Number of channels that may be opened without a pause. It is enough to find one bad message among thousands. */
const BURST = 20;
/** Time, in ms, between two channels after the burst. */
const INTERVAL_MS = 100;

export class ChannelPace {
  readonly #clock: Clock;
  /** Time, in ms of the clock, at which the whole burst is available again. */
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
