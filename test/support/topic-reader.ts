/** A topic's messages one after the other, as the contract suite asks for them. */

import type { ReceivedMessage } from '../../src/testing/contract.ts';
import { type ReadMessage, readTopic } from '../../src/testing/read-topic.ts';

const place = ({ partition, offset }: ReadMessage): string => `${partition}:${offset}`;

/** Reads a topic again from its beginning when it has returned all that was there; partitions come in any order. */
export function topicReader(bootstrapServers: string): (topic: string, timeoutMs: number) => Promise<ReceivedMessage> {
  const topics = new Map<string, { readonly returned: Set<string>; waiting: ReadMessage[] }>();
  return async (topic, timeoutMs) => {
    const state = topics.get(topic) ?? { returned: new Set(), waiting: [] };
    topics.set(topic, state);
    const { returned } = state;
    if (state.waiting.length === 0) {
      const read = await readTopic({ bootstrapServers, topic, count: returned.size + 1, timeoutMs });
      state.waiting = read.filter((message) => !returned.has(place(message)));
    }
    const message = state.waiting.shift();
    if (message === undefined) throw new Error(`no message on ${topic} within ${timeoutMs} ms, after ${returned.size}`);
    returned.add(place(message));
    return message;
  };
}
