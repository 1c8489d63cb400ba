/** Gathers deliveries, so that one turn of the event loop sends one message to the caller's side. */

import type { ReportMessage, ToCaller } from '../shared/protocol.ts';
import type { NumberRun } from '../shared/sequence-ranges.ts';
import { callApart } from '../shared/util/uncaught.ts';

export type Post = (message: ToCaller) => void;

export class Deliveries {
  readonly #post: Post;
  readonly #ranges = new Set<NumberRun>();
  #reports: ReportMessage[] = [];
  #isDue = false;

  constructor(post: Post) {
    this.#post = post;
  }

  /** Adds a range, see the message `delivered`. A lease has one object for its run, so that it is sent once. */
  add(range: NumberRun): void {
    this.#ranges.add(range);
    this.#flushSoon();
  }

  report(report: ReportMessage): void {
    this.#reports.push(report);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => callApart(() => this.flush()));
  }

  flush(): void {
    this.#isDue = false;
    if (this.#ranges.size === 0 && this.#reports.length === 0) return;
    this.#post({ type: 'delivered', ranges: [...this.#ranges], reports: this.#reports });
    this.#ranges.clear();
    this.#reports = [];
  }
}
