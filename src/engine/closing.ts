/** The end of a producer, in order: last pass, close, join, keep the rest; each with its share of the deadline. */

import { type Deferred, deferred } from '../deferred.ts';
import { LONGEST_TIMER_MS } from './waiting.ts';
import type { WorkerLink } from './worker-link.ts';

/** Of the time, this much is kept for closing the connection and then the spool, at the least and at the most. */
const CLOSE_SHARE = 0.2;
const CLOSE_AT_MOST_MS = 1000;
/** And this much for what is kept of the rest, where it is kept. */
const KEEP_SHARE = 0.3;
const KEEP_AT_MOST_MS = 3000;
/** A thread that does not end within this is left to end by itself. */
const JOIN_TIMEOUT_MS = 200;

export interface ClosingContext {
  readonly link: WorkerLink;
  /** Whether some are on their way to their target. */
  deadLettersPending(): boolean;
  /** Takes what is left elsewhere, within `ms`, when nothing delivers any more. */
  keepRest?(ms: number): Promise<void>;
}

export class Closing {
  readonly #context: ClosingContext;
  readonly #loopClosed: Deferred<void> = deferred();
  readonly #settled: Deferred<void> = deferred();

  constructor(context: ClosingContext) {
    this.#context = context;
  }

  /** The loop has ended by itself: drained, given up, or never able to begin. */
  loopClosed(): void {
    this.#loopClosed.resolve();
  }

  /** Everything has settled while the producer was draining. */
  allSettled(): void {
    this.#settled.resolve();
  }

  /** Returns whether the deadline came first. */
  async run(timeoutMs: number): Promise<boolean> {
    const { link, deadLettersPending, keepRest } = this.#context;
    if (!link.isStarted) return false;
    const end = performance.now() + timeoutMs;
    const closeMs = Math.min(timeoutMs * CLOSE_SHARE, CLOSE_AT_MOST_MS);
    const keepMs = keepRest ? Math.min(timeoutMs * KEEP_SHARE, KEEP_AT_MOST_MS) : 0;
    link.drain();
    const joinMs = Math.min(JOIN_TIMEOUT_MS, closeMs / 2);
    let inTime = await this.#within(this.#loopClosed.promise, timeoutMs - closeMs - keepMs);
    if (!inTime) {
      link.abort();
      await this.#within(this.#loopClosed.promise, end - keepMs - joinMs - performance.now());
    } else if (deadLettersPending())
      inTime = await this.#within(this.#settled.promise, end - keepMs - joinMs - performance.now());
    // Whoever has the spool next must not meet this worker there: at the deadline it has been told to end.
    await link.closeSpool(Math.min(CLOSE_AT_MOST_MS, end - keepMs - joinMs - performance.now()));
    await this.#within(link.stop(), Math.max(joinMs, Math.min(JOIN_TIMEOUT_MS, end - keepMs - performance.now())));
    const left = Math.max(0, end - performance.now());
    if (keepRest) await this.#within(keepRest(left), left);
    return !inTime;
  }

  async #within(work: Promise<void>, ms: number): Promise<boolean> {
    const late = deferred<boolean>();
    const timer = ms < LONGEST_TIMER_MS ? setTimeout(() => late.resolve(false), ms) : undefined;
    try {
      return await Promise.race([work.then(() => true), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
