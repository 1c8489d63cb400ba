/** Messages out of lines, for whoever takes them one by one. */

import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Message } from '../../src/shared/message/message.ts';

const STEP_MS = 5;
const CHUNK_BYTES = 1 << 20;

/** Reads what has come since the last time; nothing where there is nothing. */
export type ReadMore = () => Buffer;

/** A reader of messages by topic, in order. A last line without its end has not arrived. */
export function lineReader(readMore: ReadMore) {
  const byTopic = new Map<string, Message[]>();
  let rest = Buffer.alloc(0);
  const readLines = () => {
    const bytes = Buffer.concat([rest, readMore()]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    rest = bytes.subarray(end);
    for (const line of bytes.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      const message = Message.fromJSON(JSON.parse(line));
      byTopic.set(message.topic, [...(byTopic.get(message.topic) ?? []), message]);
    }
  };
  return async (topic: string, timeoutMs: number): Promise<Message> => {
    for (const end = performance.now() + timeoutMs; performance.now() <= end; await sleep(STEP_MS)) {
      readLines();
      const message = byTopic.get(topic)?.shift();
      if (message !== undefined) return message;
    }
    throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
  };
}

/** What is in the file from its beginning on; it may not be there yet, or not for a while. */
export function moreOf(path: string): ReadMore {
  let from = 0;
  return () => {
    const bytes = readFrom(path, from);
    from += bytes.length;
    return bytes;
  };
}

function readFrom(path: string, from: number): Buffer {
  try {
    const fd = openSync(path, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const length = readSync(fd, chunk, 0, chunk.length, from);
    closeSync(fd);
    return chunk.subarray(0, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return Buffer.alloc(0);
  }
}
