/**
 * The consumer, in a process of its own: reads the topic from its beginning and says of each message where it was, its key
 * and its number. On the line `end` it reads to where the partitions end by then, and ends.
 */

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { KafkaConsumer, LibrdKafkaError, Message } from 'node-rdkafka';
import { idOf } from './orders.ts';

const [bootstrapServers = '', topic = '', partitionCount = '4'] = process.argv.slice(2);
const partitions = Array.from({ length: Number(partitionCount) }, (_, partition) => partition);
/** Where each partition is to be read from next. */
const next = new Map(partitions.map((partition) => [partition, 0]));
const ANSWER_MS = 20_000;
let isEnding = false;

const { KafkaConsumer: Consumer } = createRequire(import.meta.url)('node-rdkafka') as typeof import('node-rdkafka');
const consumer: KafkaConsumer = new Consumer(
  {
    'bootstrap.servers': bootstrapServers,
    'group.id': 'outspool-chaos',
    'enable.auto.commit': false,
    'fetch.wait.max.ms': 10,
    'fetch.error.backoff.ms': 10,
    'reconnect.backoff.max.ms': 100,
  },
  { 'auto.offset.reset': 'earliest' },
);

const say = (...words: readonly (string | number)[]) => void process.stdout.write(`${words.join(' ')}\n`);

function promised<T>(act: (done: (error: LibrdKafkaError | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    act((error, result) => (error ? reject(new Error(error.message)) : resolve(result)));
  });
}

function take({ partition, offset, key, value }: Message): void {
  // The broker keeps so much and no more: what it has forgotten unread must not be taken for lost.
  if (offset !== next.get(partition)) say('gap', partition, `${next.get(partition)}`, offset);
  next.set(partition, offset + 1);
  say('got', partition, String(key), idOf(String(value)) ?? 'strange');
}

async function consume(): Promise<void> {
  for (const message of await promised<Message[]>((done) => consumer.consume(500, done))) take(message);
}

async function ends(): Promise<Map<number, number>> {
  const asked = partitions.map(async (partition) => {
    const { highOffset } = await promised<{ highOffset: number }>((done) =>
      consumer.queryWatermarkOffsets(topic, partition, ANSWER_MS, done),
    );
    return [partition, highOffset] as const;
  });
  return new Map(await Promise.all(asked));
}

const orders = createInterface({ input: process.stdin });
orders.once('line', () => {
  isEnding = true;
});
orders.once('close', () => process.exit(1)); // nobody listens any more
await promised((done) => consumer.connect({ timeout: ANSWER_MS }, done));
consumer.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })));
consumer.setDefaultConsumeTimeout(10);
say('reading');
while (!isEnding) await consume();
const last = await ends();
while ([...last].some(([partition, end]) => (next.get(partition) ?? 0) < end)) await consume();
consumer.disconnect(() => process.exit(0));
