/**
 * Finds a topic in the list of all topics. It is for brokers without a controller, which DescribeTopics needs (the embedded
 * cluster), and for versions of librdkafka without DescribeTopics. A request for this topic alone could create it.
 */

import type { Client } from '../native/client.ts';
import type { DescribeFailure } from './admin-question.ts';
import { serverName, type TopicDescription } from './describe-topic.ts';
import { MetadataCall } from './metadata.ts';

const UNKNOWN_TOPIC = 3;

/** Resolves within `timeoutMs`. The client must live until then. */
export async function describeByList(
  { native, handle }: Client,
  topic: string,
  timeoutMs: number,
): Promise<TopicDescription | DescribeFailure> {
  const answer = await new MetadataCall(native).ask(handle, 'all', timeoutMs);
  if (typeof answer === 'number') return { code: answer, text: native.rdkafka.errorText(answer) };
  const found = answer.topics.find(({ name }) => name === topic);
  return {
    code: found?.code ?? UNKNOWN_TOPIC,
    partitions: (found?.partitions ?? []).map(({ id, leader, inSync }) => ({ id, hasLeader: leader >= 0, inSync })),
    mayWrite: undefined,
    mayRead: undefined,
    servers: answer.brokers.map(({ host, port }) => serverName(host, port)),
  };
}
