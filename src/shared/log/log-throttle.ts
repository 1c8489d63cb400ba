/**
 * Bounds the log lines of what happens thousands of times. The first of each reason is written at once. What follows is counted
 * and has one line, with the latest of it, at the end of an interval. Intervals grow up to a minute, and after an hour up to ten.
 */

import { onAbort } from '../util/abort.ts';
import type { Clock } from '../util/clock.ts';
import { type Rhythm, Spacing } from './spacing.ts';

/** For what may be over in a moment: after 1 s, 2 s, 4 s and so on. */
const SOON: Rhythm = { firstMs: 1000, longestMs: 60_000, calmMs: 600_000 };
/** For what is expected to last. */
export const A_MINUTE: Rhythm = { ...SOON, firstMs: 60_000 };
/** A reason may hold figures or names that are never the same twice, so no more than this many have a line of their own. */
const MOST_REASONS = 10;

/** Writes the line. `leftOut` is how often it has happened since the last line, where that had none. */
export type Say = (fields: { readonly leftOut?: number }) => void;

export class Repeats {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #stop: AbortSignal;
  readonly #spacing: Spacing;
  readonly #reasons = new Set<string>();
  #leftOut = 0;
  #latest: Say = () => {};
  /** Takes away what waits for the end of the interval. */
  #forget: (() => void) | undefined;

  /** Once `stop` is aborted, nothing waits for its line any more. */
  constructor(clock: Pick<Clock, 'now'>, stop: AbortSignal, rhythm: Rhythm = SOON) {
    this.#clock = clock;
    this.#stop = stop;
    this.#spacing = new Spacing(rhythm);
  }

  /** Writes the first of `reason` at once, and those that follow within an interval together at its end. */
  say(reason: string, say: Say): void {
    const now = this.#clock.now();
    if (this.#spacing.isForgotten(now)) this.#reasons.clear();
    const waitMs = this.#spacing.happens(now);
    if (this.#isNew(reason)) this.#sayFirst(say, waitMs, now);
    else if (waitMs === 0) this.#sayNow(say);
    else this.#leaveOut(say, waitMs);
  }

  /** It does not wait for the end of an interval, nor does it begin one where one is under way. */
  #sayFirst(say: Say, waitMs: number, now: number): void {
    if (waitMs === 0) this.#spacing.written(now);
    say({});
  }

  #leaveOut(say: Say, waitMs: number): void {
    this.#leftOut++;
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
    if (this.#leftOut > 0) this.#sayNow(this.#latest);
  }

  #sayNow(say: Say): void {
    this.#forget?.();
    this.#forget = undefined;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#spacing.written(this.#clock.now());
    say(leftOut > 0 ? { leftOut } : {});
  }
}
