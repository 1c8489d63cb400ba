/** Forwards the dead letters of one producer as messages of another producer. */

import type { z } from 'zod';
import type { BaseProducer } from '../caller/base-producer.ts';
import type { DeadLetter, TargetOfDeadLetters } from '../caller/dead-letters/dead-letter.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { CAPACITY_CHECK } from '../shared/route-hooks.ts';

/** Longest reason in a header, in characters. People read it there, and it must not make a message too large for the broker. */
const LONGEST_REASON = 1000;

/**
 * Returns a dead letter target that enqueues each dead letter with a producer; a dead letter settles when that producer accepts
 * it. `producer` is called only when a dead letter arrives. `topic` replaces the topic of the original message.
 */
export function routeTo(producer: () => BaseProducer<z.ZodObject>, topic: string | undefined): TargetOfDeadLetters {
  const target = (letter: DeadLetter, signal: AbortSignal) => producer().enqueue(forwarded(letter, topic), { signal });
  return Object.assign(target, { isFull: () => producer()[CAPACITY_CHECK].isAwaited });
}

/** Builds the forwarded message: origin and reason follow as additional headers, so that each producer adds its own. */
function forwarded(letter: DeadLetter, topic: string | undefined): MessageInput {
  const { key, value, headers, timestamp } = letter.message;
  return {
    key,
    value,
    headers: [...headers, ...origin(letter)],
    ...(topic !== undefined && { topic }),
    ...(timestamp !== null && { timestamp }),
  };
}

function origin({ id, at, producer, message, attempts, reasonClass, reason }: DeadLetter): [string, string][] {
  return [
    ['outspool-letter-id', id],
    ['outspool-producer', producer],
    ['outspool-topic', message.topic],
    ['outspool-reason-class', reasonClass],
    ['outspool-reason', reason.slice(0, LONGEST_REASON)],
    ['outspool-attempts', String(attempts.length)],
    ['outspool-failed-at', new Date(at).toISOString()],
  ];
}
