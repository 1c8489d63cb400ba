/** Messages in a file of lines, for whoever takes them one by one. */

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Message } from '../../src/message.ts';
import type { ReceivedMessage } from '../../src/testing/contract.ts';

const STEP_MS = 5;

/** What is in a text of whole lines; a last line without its end has not arrived. */
export const messagesIn = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => Message.fromJSON(JSON.parse(line)));

/** Takes the messages of the file, each topic's in order. */
export function lineReader(read: () => string) {
  const taken = new Map<string, number>();
  return async (topic: string, timeoutMs: number): Promise<ReceivedMessage> => {
    const next = taken.get(topic) ?? 0;
    for (let waited = 0; waited <= timeoutMs; waited += STEP_MS) {
      const message = messagesIn(read()).filter((one) => one.topic === topic)[next];
      if (message !== undefined) {
        taken.set(topic, next + 1);
        return message;
      }
      await sleep(STEP_MS);
    }
    throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
  };
}

export const fileReader = (path: string) => lineReader(() => (existsSync(path) ? readFileSync(path, 'utf8') : ''));
