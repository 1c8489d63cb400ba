/**
 * Gathers deliveries, so that one message to the caller's side reports many. Each such message wakes the caller's thread, which costs
 * more than a settlement.
 *
 *     a message of a lease that is not over ──► at most HOLD_MS later ─┐
 *     the last message of a lease, a report, a run on disk only ──► at the end of this turn ─┴─► one message
 *     any other event ──► before that event
 */

import type { ReportMessage, ToCaller } from '../shared/protocol.ts';
import type { NumberRun } from '../shared/sequence-ranges.ts';
import { callApart } from '../shared/util/uncaught.ts';

export type Post = (message: ToCaller) => void;

/** Longest delay, in ms, before deliveries of a lease that is not over are reported. Their marks are in the slot, so a crash loses none. */
export const HOLD_MS = 2;

export class Deliveries {
  readonly #post: Post;
  readonly #ranges = new Set<NumberRun>();
  #reports: ReportMessage[] = [];
  /** When the gathered deliveries are reported: at the end of the turn (`due`), or when the timer fires (`held`). */
  #state: 'nothing' | 'held' | 'due' = 'nothing';
  /** Made once and started again, because deliveries are held up to 500 times a second. */
  #timer: NodeJS.Timeout | undefined;

  constructor(post: Post) {
    this.#post = post;
  }

  /** Adds a range, see the message `delivered`. A lease has one object for its run, so that it is sent once. */
  add(range: NumberRun): void {
    this.#ranges.add(range);
    this.#flushSoon();
  }

  /** Adds the range of a lease that has messages left to deliver. No report on the delivered one is wanted. */
  hold(range: NumberRun): void {
    this.#ranges.add(range);
    if (this.#state !== 'nothing') return;
    this.#state = 'held';
    this.#timer = this.#timer?.refresh() ?? setTimeout(() => callApart(() => this.flush()), HOLD_MS);
  }

  report(report: ReportMessage): void {
    this.#reports.push(report);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#state === 'due') return;
    this.#state = 'due';
    setImmediate(() => callApart(() => this.flush()));
  }

  flush(): void {
    this.#state = 'nothing';
    if (this.#ranges.size === 0 && this.#reports.length === 0) return;
    this.#post({ type: 'delivered', ranges: [...this.#ranges], reports: this.#reports });
    this.#ranges.clear();
    this.#reports = [];
  }
}
