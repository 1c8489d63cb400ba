/**
 * Limits the log lines of an event that happens thousands of times. The first line of each reason is written at once. Later ones
 * are counted, and one line with the latest of them is written at the end of an interval, so the last line is the last event. Intervals grow up to a minute, and after
 * an hour up to ten minutes.
 */

import { onAbort } from '../util/abort.ts';
import type { Clock } from '../util/clock.ts';
import { type Rhythm, Spacing } from './spacing.ts';

/** For an event that may be over in a moment. Lines follow after 1 s, 2 s, 4 s and so on. */
const SOON: Rhythm = { firstMs: 1000, longestMs: 60_000, calmMs: 600_000 };
/** For an event that is expected to last. Lines follow after 1 minute. */
export const A_MINUTE: Rhythm = { ...SOON, firstMs: 60_000 };
/** Maximum number of reasons with a first line of their own. A reason may hold figures or names that are never the same twice. */
const MOST_REASONS = 10;

/** Writes the line. `leftOut` is the number of events since the last line that have none, where there are any. */
export type Say = (fields: { readonly leftOut?: number }) => void;

export class Repeats {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #stop: AbortSignal;
  readonly #spacing: Spacing;
  readonly #reasons = new Set<string>();
  /** Number of events that wait for the line of the latest one among them. */
  #waiting = 0;
  #latest: Say = () => {};
  /** Cancels the line that waits for the end of the interval. */
  #forget: (() => void) | undefined;

  /** Once `stop` is aborted, repeated lines are written at once. */
  constructor(clock: Pick<Clock, 'now'>, stop: AbortSignal, rhythm: Rhythm = SOON) {
    this.#clock = clock;
    this.#stop = stop;
    this.#spacing = new Spacing(rhythm);
  }

  /** Writes the first line of `reason` at once. Those that follow within an interval share one line at its end. */
  say(reason: string, say: Say): void {
    const now = this.#clock.now();
    if (this.#spacing.isForgotten(now)) this.#reasons.clear();
    const waitMs = this.#spacing.happens(now);
    if (this.#isNew(reason)) this.#sayFirst(say, waitMs, now);
    else if (waitMs === 0) this.#sayNow(say, this.#waiting);
    else this.#leaveOut(say, waitMs);
  }

  /**
   * Writes at once, without waiting for the end of an interval. It begins an interval only where none is under way. The line that waits
   * for the end is left out, because it would report an older event after a newer one.
   */
  #sayFirst(say: Say, waitMs: number, now: number): void {
    if (waitMs === 0) this.#spacing.written(now);
    this.#write(say, this.#waiting);
  }

  #leaveOut(say: Say, waitMs: number): void {
    this.#waiting++;
    this.#latest = say;
    if (this.#stop.aborted) this.#sayRest();
    else if (this.#forget === undefined) this.#sayLater(waitMs);
  }

  #isNew(reason: string): boolean {
    if (this.#reasons.has(reason) || this.#reasons.size >= MOST_REASONS) return false;
    this.#reasons.add(reason);
    return true;
  }

  #sayLater(waitMs: number): void {
    const timer = setTimeout(() => this.#sayRest(), waitMs).unref();
    const unlink = onAbort(this.#stop, () => this.#sayRest());
    this.#forget = () => {
      clearTimeout(timer);
      unlink();
    };
  }

  #sayRest(): void {
    if (this.#waiting > 0) this.#sayNow(this.#latest, this.#waiting - 1);
  }

  #sayNow(say: Say, leftOut: number): void {
    this.#spacing.written(this.#clock.now());
    this.#write(say, leftOut);
  }

  #write(say: Say, leftOut: number): void {
    this.#forget?.();
    this.#forget = undefined;
    this.#waiting = 0;
    say(leftOut > 0 ? { leftOut } : {});
  }
}
