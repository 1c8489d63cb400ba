/** What can be done to a cluster. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { withAdmin } from '../admin.ts';
import { type Broker, type ClusterKafka, createTopic, kill, restart, type TopicOptions } from '../index.ts';
import { settingsFile, start } from '../processes.ts';
import { formatBroker } from '../shapes.ts';
import { ready } from '../up-down.ts';
import { runAdmin } from './java-programs.ts';
import type { World } from './row.ts';

const GONE_MS = 30_000;
const MOVED_MS = 60_000;

export const seconds = (count: number) => sleep(count * 1000);

export const bootstrapOf = ({ bootstrapServers }: ClusterKafka) => bootstrapServers.plaintext;

export const administer = <T>(kafka: ClusterKafka, work: (admin: Admin) => Promise<T>) =>
  withAdmin({ brokers: bootstrapOf(kafka).split(',') }, work);

export const partitionsOf = (kafka: ClusterKafka, topics: readonly string[]) =>
  administer(kafka, async (admin) => {
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    return metadata.topics.flatMap(({ name, partitions }) => partitions.map((one) => ({ topic: name, ...one })));
  });

/** Which partitions a broker leads now. */
export async function ledBy(kafka: ClusterKafka, topics: readonly string[], broker: Broker) {
  const led = (await partitionsOf(kafka, topics)).filter(({ leader }) => leader === broker.id);
  const names = new Set(led.map(({ topic, partitionId }) => `${topic} ${partitionId}`));
  return ({ topic, partition }: { topic: string; partition: number }) => names.has(`${topic} ${partition}`);
}

/** Resolves when brokers know the topics no more, so that they can be created again. */
export async function deleteTopics(kafka: ClusterKafka, topics: readonly string[]): Promise<void> {
  await administer(kafka, async (admin) => {
    await admin.deleteTopics({ topics: [...topics] });
    const end = performance.now() + GONE_MS;
    while ((await admin.listTopics()).some((name) => topics.includes(name))) {
      if (performance.now() > end) throw new Error(`${topics} are still there`);
      await sleep(50);
    }
  });
}

export async function createTopics(kafka: ClusterKafka, topics: readonly string[], options: TopicOptions) {
  await Promise.all(topics.map((topic) => createTopic(kafka, topic, options)));
}

/** Changes settings of a broker; they hold from its next start on. */
export function configure(broker: Broker, change: (settings: string) => string): void {
  writeFileSync(settingsFile(broker), change(readFileSync(settingsFile(broker), 'utf8')));
}

/** All brokers end; what they held is gone when they are formatted and started again. */
export async function wipe({ brokers }: ClusterKafka): Promise<void> {
  await Promise.all(brokers.map(kill));
  for (const { directory } of brokers) rmSync(join(directory, 'data'), { recursive: true, force: true });
}

export async function startEmpty(kafka: ClusterKafka): Promise<void> {
  await Promise.all(kafka.brokers.map((broker) => formatBroker(broker, kafka, kafka.users)));
  for (const broker of kafka.brokers) start(broker);
  await ready(kafka);
}

/** Gives each partition of the first topics these replicas, the first of which is to lead it. */
export async function reassign({ kafka, first }: World, replicas: (partition: number) => number[]): Promise<void> {
  const partitions = await partitionsOf(kafka, first);
  const wanted = first.map((topic) => ({
    topic,
    partitionAssignment: partitions
      .filter((one) => one.topic === topic)
      .map(({ partitionId }) => ({ partition: partitionId, replicas: replicas(partitionId) })),
  }));
  await administer(kafka, async (admin) => {
    await admin.alterPartitionReassignments({ topics: wanted });
    const end = performance.now() + MOVED_MS;
    while ((await admin.listPartitionReassignments({})).topics.length > 0) {
      if (performance.now() > end) throw new Error('the reassignment does not end');
      await sleep(200);
    }
  });
}

/** A broker that was away leads its partitions again, so that they are written at its new address. */
export const electPreferred = ({ kafka, first, second }: World) =>
  runAdmin(bootstrapOf(kafka), 'elect', ...first, ...second);

export async function bounce(broker: Broker, downSeconds: number): Promise<void> {
  await kill(broker);
  await seconds(downSeconds);
  await restart(broker);
}
