/** One request, from its head to its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { InFlight } from '../in-flight.ts';
import type { Delivery, Handed } from '../sink.ts';
import type { Counts } from '../source.ts';
import { type AdmissionRules, refusalOf } from './admit.ts';
import { type Answer, REFUSED } from './answer.ts';
import type { Budget, Share } from './budget.ts';
import { type BodyFormat, type BodyMessage, mediaOf, parseBody } from './parse-body.ts';
import { type BodyProblem, readBody } from './read-body.ts';
import { resultOf } from './result.ts';

export interface PostContext {
  readonly rules: AdmissionRules;
  readonly format: BodyFormat;
  readonly delivery: Delivery;
  readonly counts: Counts;
  readonly budget: Budget;
  /** How long messages may take to be safe, in ms. */
  readonly timeoutMs: number;
  /** Aborted when the listener takes nothing more. */
  readonly stop: AbortSignal;
  /** Told of producers that have ended. */
  ended(error: unknown): void;
}

/** So many messages of one request are on their way at a time. */
const MOST_ON_THE_WAY = 2000;

/** What each of them costs beside its bytes, as measured: who waits for what. */
const WAIT_BYTES = 4096;

/** Resolves with the answer; undefined when there is nobody left to hear it. */
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

async function accept(body: Buffer, { headers }: IncomingMessage, context: Accepting): Promise<Answer> {
  const { format, delivery, counts, share, stop } = context;
  const messages = parseBody(body, mediaOf(headers['content-type']) ?? 'json', format);
  if ('status' in messages) {
    counts.bad++;
    return messages;
  }
  if (!share.take(Math.min(messages.length, MOST_ON_THE_WAY) * WAIT_BYTES)) return REFUSED.noRoom();
  const [first] = messages;
  if (first !== undefined && !(await delivery.hasRoom(first.message))) return REFUSED.noRoom();
  if (stop.aborted) return REFUSED.stopping();
  return resultOf(messages, await handAll(messages, context));
}

/** In the order of the lines. What has not had its turn when the time is over was never accepted. */
async function handAll(messages: readonly BodyMessage[], context: PostContext): Promise<Handed[]> {
  const { delivery, counts, timeoutMs } = context;
  const end = performance.now() + timeoutMs;
  const onTheWay = new InFlight<number>({ maxLines: MOST_ON_THE_WAY, maxBytes: Number.POSITIVE_INFINITY });
  const handed: Handed[] = [];
  for (const [index, { message }] of messages.entries()) {
    await onTheWay.room();
    const left = end - performance.now();
    const done = onTheWay.add(index, 0);
    const result = left > 0 ? delivery.hand(message, Math.ceil(left)) : Promise.resolve<Handed>({ outcome: 'full' });
    void result.then((one) => {
      handed[index] = one;
      done(true);
    });
  }
  await onTheWay.empty();
  counts.read += handed.length;
  for (const { outcome, error } of handed) {
    counts.add(outcome);
    if (outcome === 'closed') context.ended(error);
  }
  return handed;
}
