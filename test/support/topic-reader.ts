/** A topic's messages one after the other, as the contract suite asks for them. */

import type { ReceivedMessage } from '../../src/testing/contract.ts';
import { readTopic } from '../../src/testing/read-topic.ts';

/** Reads the topic again from its beginning for each message that is not there yet. */
export function topicReader(bootstrapServers: string): (topic: string, timeoutMs: number) => Promise<ReceivedMessage> {
  let read: readonly ReceivedMessage[] = [];
  let taken = 0;
  return async (topic, timeoutMs) => {
    if (taken === read.length) read = await readTopic({ bootstrapServers, topic, count: taken + 1, timeoutMs });
    const message = read[taken++];
    if (message === undefined) throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
    return message;
  };
}
