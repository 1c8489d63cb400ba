/** What is in a stream, as the example writes it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { Message } from 'outspool';

const STEP_MS = 5;

export async function messagesIn(redis: Redis, stream: string, from = '-'): Promise<(Message & { entry: string })[]> {
  const entries = await redis.xrangeBuffer(stream, from, '+');
  return entries.map(([entry, fields]) => Object.assign(messageOf(stream, fields), { entry: entry.toString() }));
}

function messageOf(topic: string, fields: readonly Buffer[]): Message {
  const part = (name: string): Buffer | null => {
    const at = fields.findIndex((field, index) => index % 2 === 0 && field.toString() === name);
    return at < 0 ? null : (fields[at + 1] as Buffer);
  };
  const headers = part('headers');
  const line = Message.fromJSON({ topic, value: null, ...(headers && { headers: JSON.parse(headers.toString()) }) });
  const isError = part('is_error') !== null;
  return new Message({ ...line, id: String(part('id')), key: part('key'), value: part('value'), isError });
}

/** Takes the messages of streams one by one. */
export function streamReader(redis: () => Redis) {
  const last = new Map<string, string>();
  return async (stream: string, timeoutMs: number): Promise<Message> => {
    for (let waited = 0; waited <= timeoutMs; waited += STEP_MS) {
      const [next] = await messagesIn(redis(), stream, last.has(stream) ? `(${last.get(stream)}` : '-');
      if (next !== undefined) {
        last.set(stream, next.entry);
        return next;
      }
      await sleep(STEP_MS);
    }
    throw new Error(`no message on ${stream} within ${timeoutMs} ms`);
  };
}
