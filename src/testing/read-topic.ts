/** Reads a topic with node-rdkafka's consumer, on the caller's thread. */

import { setTimeout as sleep } from 'node:timers/promises';
import { assertNames } from '../caller/known-options.ts';
import type { BindingConsumer, BindingError, BindingMessage } from '../kinds/kafka/node-rdkafka/binding.ts';
import { loadNodeRdkafka } from '../kinds/kafka/node-rdkafka/driver.ts';
import { OutspoolError } from '../shared/errors.ts';

export interface ReadTopicOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  /** Number of messages after which it resolves. */
  readonly count: number;
  /** Time, in ms, after which it resolves with the messages so far. @default 10000 */
  readonly timeoutMs?: number;
  /** Partitions to read, with the offset to begin at. @default all partitions, from their beginning */
  readonly from?: ReadonlyMap<number, number>;
  /** Selects the messages to return and count. @default all */
  readonly where?: (message: ReadMessage) => boolean;
  /** Further properties of the consumer (security, for instance). */
  readonly properties?: Readonly<Record<string, string>>;
}

const OPTIONS = [
  'bootstrapServers',
  'topic',
  'count',
  'timeoutMs',
  'from',
  'where',
  'properties',
] as const satisfies readonly (keyof ReadTopicOptions)[];

export interface ReadMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Headers in order, with repeated names. */
  readonly headers: readonly (readonly [string, Buffer])[];
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number | undefined;
}

const FETCH_WAIT_MS = 10;
const AT_ONCE = 1000;

/**
 * Reads the messages of all partitions; those of one partition are in order. It assigns itself the partitions, because a consumer
 * group would take seconds to form. The consumer returns header values as Buffers, and cannot tell a header without a value from
 * an empty one.
 */
export async function readTopic(options: ReadTopicOptions): Promise<ReadMessage[]> {
  assertNames(options, 'readTopic', OPTIONS);
  if (options.count <= 0) return []; // reading would create a topic that does not exist
  const end = performance.now() + (options.timeoutMs ?? 10_000);
  const consumer = createConsumer(options);
  try {
    await connect(consumer, end - performance.now());
    const partitions = await partitionsOf(consumer, options.topic, end);
    const from = options.from?.size ? options.from : new Map(partitions.map((partition) => [partition, 0]));
    consumer.assign([...from].map(([partition, offset]) => ({ topic: options.topic, partition, offset })));
    return await collect(consumer, options, end);
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}

function createConsumer({ bootstrapServers, properties }: ReadTopicOptions): BindingConsumer {
  const { KafkaConsumer } = loadNodeRdkafka('reading a topic');
  const fixed = {
    'bootstrap.servers': bootstrapServers,
    'group.id': 'outspool-read-topic',
    'enable.auto.commit': false,
    'fetch.wait.max.ms': FETCH_WAIT_MS,
    'fetch.error.backoff.ms': FETCH_WAIT_MS,
  };
  return new KafkaConsumer({ ...properties, ...fixed }, { 'auto.offset.reset': 'earliest' });
}

function connect(consumer: BindingConsumer, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.connect({ timeout }, (error) => (error ? reject(asOutspoolError(error)) : resolve()));
  });
}

/** Waits for the partitions, because a new topic has none for a moment. */
async function partitionsOf(consumer: BindingConsumer, topic: string, end: number): Promise<number[]> {
  for (;;) {
    const found = await metadata(consumer, topic, end - performance.now());
    if (found.length > 0) return found;
    if (performance.now() > end) throw new OutspoolError(`there is no topic ${topic}`);
    await sleep(FETCH_WAIT_MS);
  }
}

function metadata(consumer: BindingConsumer, topic: string, timeout: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    consumer.getMetadata({ topic, timeout: Math.max(timeout, 1) }, (error, { topics } = emptyMetadata) => {
      if (error) return reject(asOutspoolError(error));
      resolve(topics.find(({ name }) => name === topic)?.partitions.map(({ id }) => id) ?? []);
    });
  });
}

const emptyMetadata = { topics: [], brokers: [], orig_broker_id: -1, orig_broker_name: '' };

async function collect(consumer: BindingConsumer, options: ReadTopicOptions, end: number): Promise<ReadMessage[]> {
  const { count, where = () => true } = options;
  const messages: ReadMessage[] = [];
  consumer.setDefaultConsumeTimeout(FETCH_WAIT_MS);
  while (messages.length < count && performance.now() < end) {
    messages.push(...(await consume(consumer)).map(readMessage).filter(where));
  }
  return messages;
}

function consume(consumer: BindingConsumer): Promise<BindingMessage[]> {
  return new Promise((resolve, reject) => {
    consumer.consume(AT_ONCE, (error, messages) => (error ? reject(asOutspoolError(error)) : resolve(messages)));
  });
}

function readMessage({ key, value, headers = [], partition, offset, timestamp }: BindingMessage): ReadMessage {
  const pairs = headers.flatMap((header) => Object.entries(header));
  return {
    key: key == null ? null : Buffer.from(key),
    value: value == null ? null : Buffer.from(value),
    headers: pairs.map(([name, text]) => [name, Buffer.from(text)] as const),
    partition,
    offset,
    timestamp,
  };
}

const asOutspoolError = (error: BindingError) => new OutspoolError(error.message, { cause: error });
