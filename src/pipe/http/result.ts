/** Computes the answer to a request from the outcomes of its messages: one status, and the number of messages by outcome. */

import { type Outcome, worstOf } from '../sink.ts';
import type { Answer } from './answer.ts';

/** Status for an outcome. `retry` means that a later attempt may succeed. */
interface Verdict {
  readonly status: number;
  readonly error?: string;
  readonly retry?: true;
}

const SAFE: Verdict = { status: 200 };
const LATER = 'not delivered: come again';
const GIVEN_UP =
  'not delivered: permanently failed, and dead-lettered or dropped; sending it again unchanged does not help';

const VERDICTS: Readonly<Record<Outcome, Verdict>> = {
  invalid: { status: 400, error: 'no producer takes this message' },
  unknown: { status: 504, error: 'not known in time whether it was delivered; it may still be' },
  undelivered: { status: 503, error: LATER, retry: true },
  withdrawn: { status: 503, error: LATER, retry: true },
  closed: { status: 503, error: LATER, retry: true },
  full: { status: 503, error: LATER, retry: true },
  dropped: { status: 422, error: GIVEN_UP },
  dead_lettered: { status: 422, error: GIVEN_UP },
  spooled: { status: 202 },
  queued: SAFE,
  stored: SAFE,
  delivered: SAFE,
};

interface FailedLine {
  readonly line: number;
  readonly outcome: Outcome;
}

/** Maximum number of failed lines in an answer, because a request may have thousands. */
const MOST_LINES = 20;

/** Outcomes of the messages of one request, counted as they become known. */
export class Result {
  readonly #counts = new Map<Outcome, number>();
  #failed: FailedLine[] = [];

  add(outcome: Outcome, line: number): void {
    this.#counts.set(outcome, this.of(outcome) + 1);
    if (VERDICTS[outcome].error !== undefined) this.#addFailed({ line, outcome });
  }

  #addFailed(failed: FailedLine): void {
    const last = this.#failed.at(MOST_LINES - 1);
    if (last !== undefined && last.line < failed.line) return;
    this.#failed = [...this.#failed, failed].sort((one, other) => one.line - other.line).slice(0, MOST_LINES);
  }

  of(outcome: Outcome): number {
    return this.#counts.get(outcome) ?? 0;
  }

  get answer(): Answer {
    const { status, error, retry } = VERDICTS[worstOf(new Set(this.#counts.keys()))];
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return {
      status: this.of('full') === total ? 429 : status,
      body: {
        ...(error !== undefined && { error }),
        ...Object.fromEntries(this.#counts),
        ...(this.#failed.length > 0 && { lines: this.#failed }),
      },
      ...(retry && { headers: { 'retry-after': '1' } }),
    };
  }
}
