/** Dead letters of one producer as messages of another one. */

import type { z } from 'zod';
import type { BaseProducer } from '../caller/base-producer.ts';
import type { DeadLetter, LetterTarget } from '../caller/dead-letters/dead-letter.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { GATE } from '../shared/route-hooks.ts';

/** A header is to be read by a person, and a message must not grow beyond what a broker takes. */
const LONGEST_REASON = 1000;

/** Hands letters to a producer, which is asked for only then; accepted by it means settled. `topic`: instead of its own. */
export function routeTo(producer: () => BaseProducer<z.ZodObject>, topic: string | undefined): LetterTarget {
  const target = (letter: DeadLetter, signal: AbortSignal) => producer().enqueue(forwarded(letter, topic), { signal });
  return Object.assign(target, { isFull: () => producer()[GATE].isAwaited });
}

/** Key, value and headers as they were; why and whence in headers behind them, so that each stage of a chain adds its own. */
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
