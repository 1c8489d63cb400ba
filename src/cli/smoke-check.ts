/** Reads the messages of a smoke test back from Kafka and compares them, byte for byte and in their order. */

import type { KafkaConfig } from '../config/kafka.ts';
import { clientProperties } from '../producers/kafka/properties.ts';
import { type ReadMessage, readTopic } from '../testing/read-topic.ts';
import { indexOf, isSame } from './smoke-messages.ts';
import type { Arrival } from './smoke-send.ts';
import type { Subject } from './subject.ts';

export interface Check {
  /** Messages that came back as they were sent, each counted once. */
  readonly readBack: number;
  readonly problems: readonly string[];
}

export interface CheckOptions {
  readonly run: string;
  readonly timeoutMs: number;
}

export async function readBack(
  { definition }: Subject,
  arrivals: readonly Arrival[],
  options: CheckOptions,
): Promise<Check> {
  const topics = [...new Set(arrivals.map(({ topic }) => topic))];
  const config = definition.config as unknown as KafkaConfig;
  const checks = topics.map(async (topic) => {
    const sent = arrivals.filter((arrival) => arrival.topic === topic);
    return compare(topic, sent, await read(config, { topic, sent, ...options }), options.run);
  });
  const all = await Promise.all(checks);
  return {
    readBack: all.reduce((sum, check) => sum + check.readBack, 0),
    problems: all.flatMap((check) => check.problems),
  };
}

interface Reading extends CheckOptions {
  readonly topic: string;
  readonly sent: readonly Arrival[];
}

/** From where this run began, because a real topic may hold years; what others write meanwhile is passed over. */
function read(config: KafkaConfig, { topic, sent, run, timeoutMs }: Reading): Promise<ReadMessage[]> {
  const { properties } = clientProperties(config);
  const security = Object.entries(properties).filter(([name]) => /^(?:security|sasl)\./.test(name));
  return readTopic({
    bootstrapServers: properties['bootstrap.servers'] as string,
    topic,
    count: sent.length,
    timeoutMs,
    from: firstOffsets(sent),
    where: (message) => indexOf(run, message) !== undefined,
    properties: Object.fromEntries(security),
  });
}

/** With `acks: 0` nobody knows an offset; then the partition is read from its beginning. */
function firstOffsets(sent: readonly Arrival[]): Map<number, number> {
  const first = new Map<number, number>();
  for (const { partition, offset } of sent) {
    if (partition === null || offset === null || offset < 0) return new Map();
    first.set(partition, Math.min(first.get(partition) ?? offset, offset));
  }
  return first;
}

function compare(topic: string, sent: readonly Arrival[], read: readonly ReadMessage[], run: string): Check {
  const expected = new Map(sent.map(({ sample }) => [sample.index, sample]));
  const lastOfKey = new Map<string, number>();
  const seen = new Set<number>();
  let swapped = 0;
  let changed = 0;
  for (const message of read) {
    const index = indexOf(run, message) as number;
    const original = expected.get(index);
    if (original === undefined || seen.has(index)) continue;
    if (isSame(message, original)) seen.add(index);
    else changed++;
    if (message.key === null) continue;
    const key = message.key.toString('latin1');
    if (index < (lastOfKey.get(key) ?? -1)) swapped++;
    lastOfKey.set(key, index);
  }
  const missing = expected.size - seen.size - changed;
  return { readBack: seen.size, problems: problems(topic, { missing, changed, swapped }) };
}

function problems(topic: string, counts: { missing: number; changed: number; swapped: number }): string[] {
  const { missing, changed, swapped } = counts;
  return [
    ...(missing > 0 ? [`topic ${topic}: ${missing} acknowledged but not found`] : []),
    ...(changed > 0 ? [`topic ${topic}: ${changed} came back changed`] : []),
    ...(swapped > 0 ? [`topic ${topic}: ${swapped} out of order for their key`] : []),
  ];
}
