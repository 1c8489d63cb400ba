/** Handles one request, from its head to its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pieces } from '../../shared/util/pieces.ts';
import { InFlight } from '../in-flight.ts';
import type { Delivery, Handed } from '../sink.ts';
import type { Counts } from '../source.ts';
import { type AdmissionRules, refusalOf } from './admit.ts';
import { type Answer, REFUSED } from './answer.ts';
import type { Budget, Share } from './budget.ts';
import { Body, type BodyFormat, mediaOf } from './parse-body.ts';
import { type BodyProblem, readBody } from './read-body.ts';
import { Result } from './result.ts';
import type { Turns } from './turns.ts';

export interface PostContext {
  readonly rules: AdmissionRules;
  readonly format: BodyFormat;
  readonly delivery: Delivery;
  readonly counts: Counts;
  readonly budget: Budget;
  readonly turns: Turns;
  /** Time, in ms, for the messages of a request to become safe. */
  readonly timeoutMs: number;
  readonly stop: AbortSignal;
  /** Reports that producers have ended. */
  ended(error: unknown): void;
}

/** Maximum number of messages of one request in flight. */
const MOST_ON_THE_WAY = 2000;

/** Measured memory, in bytes, for each message in flight, in addition to its own bytes: promises and waits. */
const WAIT_BYTES = 4096;

/** Resolves with the answer, or with undefined when the client has disconnected. */
export async function post(
  request: IncomingMessage,
  response: ServerResponse,
  context: PostContext,
): Promise<Answer | undefined> {
  const { rules, budget, stop } = context;
  if (stop.aborted) return REFUSED.stopping();
  const refusal = refusalOf(request, rules);
  if (refusal !== undefined) return refusal;
  const share = budget.share();
  try {
    if (request.headers.expect !== undefined) response.writeContinue();
    const body = await readBody(request, { maxBytes: rules.maxBodyBytes, share, stop });
    return typeof body === 'string' ? PROBLEMS[body](rules) : await accept(body, request, { ...context, share });
  } finally {
    share.release();
  }
}

const PROBLEMS: Readonly<Record<BodyProblem, (rules: AdmissionRules) => Answer | undefined>> = {
  'too large': ({ maxBodyBytes }) => REFUSED.bodyTooLarge({ max_body_bytes: maxBodyBytes }),
  'no room': () => REFUSED.noRoom(),
  stopping: () => REFUSED.stopping(),
  gone: () => undefined,
};

type Accepting = PostContext & { readonly share: Share };

async function accept(pieces: Pieces, { headers }: IncomingMessage, context: Accepting): Promise<Answer> {
  const { format, delivery, counts, share, stop, turns } = context;
  const body = new Body(pieces, mediaOf(headers['content-type']) ?? 'json', format);
  const count = await body.check(turns, stop);
  if (typeof count !== 'number') {
    if (!stop.aborted) counts.bad++;
    return count;
  }
  if (!share.take(Math.min(count, MOST_ON_THE_WAY) * WAIT_BYTES)) return REFUSED.noRoom();
  const [first] = body.messages();
  if (first !== undefined && !(await delivery.hasRoom(first.message))) return REFUSED.noRoom();
  if (stop.aborted) return REFUSED.stopping();
  return (await handAll(body, context)).answer;
}

/** Passes the messages on in the order of the lines. Messages whose turn comes after the timeout are not accepted. */
async function handAll(body: Body, context: PostContext): Promise<Result> {
  const { delivery, counts, timeoutMs, turns } = context;
  const end = performance.now() + timeoutMs;
  const onTheWay = new InFlight<undefined>({ maxLines: MOST_ON_THE_WAY, maxBytes: Number.POSITIVE_INFINITY });
  const result = new Result();
  const ended = ({ outcome, error }: Handed, line: number) => {
    counts.read++;
    counts.add(outcome);
    result.add(outcome, line);
    if (outcome === 'closed') context.ended(error);
  };
  for (const { message, line } of body.messages()) {
    while (turns.isOver()) await turns.next();
    await onTheWay.room();
    const left = end - performance.now();
    if (left <= 0) {
      ended({ outcome: 'full' }, line);
      continue;
    }
    const done = onTheWay.add(undefined, 0);
    void delivery.hand(message, Math.ceil(left)).then((handed) => {
      ended(handed, line);
      done(true);
    });
  }
  await onTheWay.empty();
  return result;
}
