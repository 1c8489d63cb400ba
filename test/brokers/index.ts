/**
 * For tests against Apache Kafka. Which brokers there are, `brokers('single')` and `brokers('cluster')` say; everything
 * else takes what they return.
 */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import { withAdmin } from './admin.ts';
import { pidOf, signal, start } from './processes.ts';
import { type Broker, brokers, type Kafka } from './state.ts';
import { brokerReady } from './up-down.ts';

export { type ConsumedMessage, consumeAll } from './consume-all.ts';
export { kill } from './processes.ts';
export { type Broker, brokers, type ClusterKafka, type SingleKafka, type SingleListener } from './state.ts';
export { FORBIDDEN, type User } from './users.ts';

const RESTART_MS = 60_000;
const LEADERS_MS = 60_000;

export type AnyKafka = Kafka<'plaintext'>;

/** The process stops where it is; its connections stay open and silent. */
export const pause = (broker: Broker) => signal(broker, 'SIGSTOP');

export const resume = (broker: Broker) => signal(broker, 'SIGCONT');

/** Starts a broker that has ended, on its old ports with its old data. Resolves when it sees the whole cluster. */
export async function restart(broker: Broker): Promise<void> {
  if (pidOf(broker) === undefined) start(broker);
  await brokerReady(broker, brokers(broker.shape).brokers.length, performance.now() + RESTART_MS);
}

/** What formatting has written. */
const FORMATTED = ['meta.properties', 'bootstrap.checkpoint'];

/** Empties the disk of a broker that has ended. If all brokers of a shape lose theirs, the next start finds a new cluster. */
export function wipe({ directory }: Broker): void {
  const data = join(directory, 'data');
  for (const name of readdirSync(data))
    if (!FORMATTED.includes(name)) rmSync(join(data, name), { recursive: true, force: true });
}

export interface TopicOptions {
  /** @default the broker's: 4 */
  readonly partitions?: number;
  /** The ids of the brokers that have each partition, all equally many. @default the controller chooses */
  readonly replicas?: readonly (readonly number[])[];
  /** `cleanup.policy`, `max.message.bytes` and so on. */
  readonly configs?: Readonly<Record<string, string>>;
}

/** Resolves when every partition has a leader. */
export async function createTopic(kafka: AnyKafka, topic: string, options: TopicOptions = {}): Promise<void> {
  const configEntries = Object.entries(options.configs ?? {}).map(([name, value]) => ({ name, value }));
  const replicaAssignment = options.replicas?.map((ids, partition) => ({ partition, replicas: [...ids] }));
  const wanted: ITopicConfig = {
    ...{ topic, numPartitions: options.partitions ?? -1, replicationFactor: -1, configEntries },
    ...(replicaAssignment && { replicaAssignment }),
  };
  const bootstrap = kafka.bootstrapServers.plaintext.split(',');
  await withAdmin({ brokers: bootstrap }, async (admin) => {
    await admin.createTopics({ topics: [wanted], waitForLeaders: false });
    const end = performance.now() + LEADERS_MS;
    while (!(await hasLeaders(admin, topic))) {
      if (performance.now() > end) throw new Error(`topic ${topic} has no leaders within ${LEADERS_MS} ms`);
      await sleep(100);
    }
  });
}

/** kafkajs's own wait fails at a broker that has not yet heard of the topic. */
async function hasLeaders(admin: Admin, topic: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.flatMap((one) => one.partitions);
    return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
  } catch {
    return false;
  }
}
