/**
 * Log lines of what happens thousands of times for one reason. The first is written at once, the next ones after 1 s, 2 s, 4 s
 * and so on, up to one a minute. Each reports how many were left out.
 */

import type { Clock } from '../clock.ts';

const FIRST_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 60_000;

/** Writes the line; `fields` say how many more there were, where there were any. */
export type Say = (fields: { readonly leftOut?: number }) => void;

export class Repeats {
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  /** What has had its line within the last interval, and how often it has come again since. */
  readonly #leftOut = new Map<string, number>();

  /** Once `stop` is aborted, nothing waits for its line any more. */
  constructor(clock: Clock, stop: AbortSignal) {
    this.#clock = clock;
    this.#stop = stop;
  }

  /** Says the first of `reason` at once, and those that follow within the interval together at its end. */
  say(reason: string, say: Say): void {
    const leftOut = this.#leftOut.get(reason);
    if (leftOut !== undefined) return void this.#leftOut.set(reason, leftOut + 1);
    this.#leftOut.set(reason, 0);
    say({});
    void this.#sayRest(reason, say);
  }

  async #sayRest(reason: string, say: Say): Promise<void> {
    let leftOut: number;
    let intervalMs = FIRST_INTERVAL_MS;
    do {
      this.#leftOut.set(reason, 0);
      await this.#clock.sleep(intervalMs, this.#stop);
      intervalMs = Math.min(intervalMs * 2, LONGEST_INTERVAL_MS);
      leftOut = this.#leftOut.get(reason) ?? 0;
      if (leftOut > 0) say({ leftOut });
    } while (leftOut > 0 && !this.#stop.aborted);
    this.#leftOut.delete(reason);
  }
}
