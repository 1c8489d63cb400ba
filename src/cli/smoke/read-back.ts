/** Reads the messages of a smoke test back from Kafka, and compares their bytes and their order. */

import { clientProperties } from '../../kinds/kafka/properties.ts';
import type { KafkaConfig } from '../../kinds/kafka/schema.ts';
import { asError, OutspoolError } from '../../shared/errors.ts';
import { type ReadMessage, readTopic } from '../../testing/read-topic.ts';
import type { Subject } from '../producer-session.ts';
import { indexOf, isSame, type Sample } from './samples.ts';
import type { Arrival } from './send-samples.ts';

export interface Check {
  /** Number of messages that came back unchanged, each counted once. */
  readonly readBack: number;
  readonly problems: readonly string[];
}

export interface CheckOptions {
  readonly run: string;
  readonly timeoutMs: number;
}

/** @throws OutspoolError that names the producer, when reading fails */
export async function readBack(
  { name, definition }: Subject,
  arrivals: readonly Arrival[],
  options: CheckOptions,
): Promise<Check> {
  const topics = [...new Set(arrivals.map(({ topic }) => topic))];
  const config = definition.config as unknown as KafkaConfig;
  const checks = topics.map(async (topic) => {
    const sent = arrivals.filter((arrival) => arrival.topic === topic);
    return compare(topic, sent, await read(config, { topic, sent, ...options }), options.run);
  });
  const all = await Promise.all(checks).catch((error) => {
    throw new OutspoolError(`${name}: cannot read back: ${asError(error).message}`, { cause: error });
  });
  return {
    readBack: all.reduce((sum, check) => sum + check.readBack, 0),
    problems: all.flatMap((check) => check.problems),
  };
}

interface Reading extends CheckOptions {
  readonly topic: string;
  readonly sent: readonly Arrival[];
}

/** Reads from the offsets at which this run began, because a real topic may hold years. Messages of other writers are skipped. */
function read(config: KafkaConfig, { topic, sent, run, timeoutMs }: Reading): Promise<ReadMessage[]> {
  const { properties } = clientProperties(config);
  const wanted = new Set<number | undefined>(sent.map(({ sample }) => sample.index));
  return readTopic({
    bootstrapServers: properties['bootstrap.servers'] as string,
    topic,
    count: sent.length,
    timeoutMs,
    from: firstOffsets(sent),
    // Each sample once, because a retry may have stored it twice. Samples that were not acknowledged may be stored too.
    where: (message) => wanted.delete(indexOf(run, message)),
    properties,
  });
}

/** Returns the first offset of each partition. With `acks: 0` they are unknown, and partitions are read from the beginning. */
function firstOffsets(sent: readonly Arrival[]): Map<number, number> {
  const first = new Map<number, number>();
  for (const { partition, offset } of sent) {
    if (partition === null || offset === null || offset < 0) return new Map();
    first.set(partition, Math.min(first.get(partition) ?? offset, offset));
  }
  return first;
}

function compare(topic: string, sent: readonly Arrival[], read: readonly ReadMessage[], run: string): Check {
  const originals = new Map(sent.map(({ sample }) => [sample.index, sample]));
  const pairs = read.map((message) => {
    const index = indexOf(run, message) as number;
    return { message, index, same: isSame(message, originals.get(index) as Sample) };
  });
  const same = pairs.filter((pair) => pair.same).length;
  const found = [
    { count: sent.length - read.length, what: 'acknowledged but not found' },
    { count: read.length - same, what: 'came back changed' },
    { count: overtaken(pairs), what: 'out of order for their key' },
  ];
  const problems = found.filter(({ count }) => count > 0).map(({ count, what }) => `topic ${topic}: ${count} ${what}`);
  return { readBack: same, problems };
}

/** Counts the messages that come after a later one of their key. */
function overtaken(pairs: readonly { message: ReadMessage; index: number }[]): number {
  const last = new Map<string, number>();
  return pairs.filter(({ message: { key }, index }) => {
    if (key === null) return false;
    const before = last.get(key.toString('latin1')) ?? -1;
    last.set(key.toString('latin1'), Math.max(before, index));
    return index < before;
  }).length;
}
