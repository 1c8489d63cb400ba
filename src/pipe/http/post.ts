/** One request, from its head to its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, Handed } from '../sink.ts';
import type { Counts } from '../source.ts';
import { type AdmissionRules, refusalOf } from './admit.ts';
import { type Answer, REFUSED } from './answer.ts';
import type { Budget } from './budget.ts';
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

/** So many are handed over before others get their turn. */
const SLICE = 500;

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
    return typeof body === 'string' ? PROBLEMS[body](rules) : await accept(body, request, context);
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

async function accept(body: Buffer, { headers }: IncomingMessage, context: PostContext): Promise<Answer> {
  const { format, delivery, counts, stop } = context;
  const messages = parseBody(body, mediaOf(headers['content-type']) ?? 'json', format);
  if ('status' in messages) {
    counts.bad++;
    return messages;
  }
  const [first] = messages;
  if (first !== undefined && !(await delivery.hasRoom(first.message))) return REFUSED.noRoom();
  if (stop.aborted) return REFUSED.stopping();
  return resultOf(messages, await handAll(messages, context));
}

/** In the order of the lines. */
async function handAll(messages: readonly BodyMessage[], context: PostContext): Promise<Handed[]> {
  const { delivery, counts, timeoutMs } = context;
  const handed: Promise<Handed>[] = [];
  for (const [index, { message }] of messages.entries()) {
    if (index > 0 && index % SLICE === 0) await nextTurn();
    handed.push(delivery.hand(message, timeoutMs));
  }
  const results = await Promise.all(handed);
  counts.read += results.length;
  for (const { outcome, error } of results) {
    counts.add(outcome);
    if (outcome === 'closed') context.ended(error);
  }
  return results;
}
