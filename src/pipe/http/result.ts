/** What a client hears of its messages: a status for all of them, and how many came to what end. */

import { type Handed, type Outcome, worstOf } from '../sink.ts';
import type { Answer } from './answer.ts';
import type { BodyMessage } from './parse-body.ts';

/** The status that an outcome asks for; `retry`: it may work later. */
interface Verdict {
  readonly status: number;
  readonly error?: string;
  readonly retry?: true;
}

const SAFE: Verdict = { status: 200 };
const LATER = 'not delivered: come again';
const GIVEN_UP = 'not delivered: given up, as a dead letter or dropped; it is of no use to send it again as it is';

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

/** A client that sent thousands of lines finds the first ones that failed. */
const MOST_LINES = 20;

/** `handed` belongs to `messages` one by one. */
export function resultOf(messages: readonly BodyMessage[], handed: readonly Handed[]): Answer {
  const counts = new Map<Outcome, number>();
  for (const { outcome } of handed) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const { status, error, retry } = VERDICTS[worstOf(new Set(counts.keys()))];
  const lines = handed.flatMap(({ outcome }, index) =>
    VERDICTS[outcome].error === undefined ? [] : [{ line: messages[index]?.line, outcome }],
  );
  return {
    status: counts.get('full') === handed.length ? 429 : status,
    body: {
      ...(error !== undefined && { error }),
      ...Object.fromEntries(counts),
      ...(lines.length > 0 && { lines: lines.slice(0, MOST_LINES) }),
    },
    ...(retry && { headers: { 'retry-after': '1' } }),
  };
}
