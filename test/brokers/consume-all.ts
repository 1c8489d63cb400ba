/** Reads a topic from its beginning to its end with kafkajs: what arrived, by the word of another client than ours. */

import { randomUUID } from 'node:crypto';
import type { Batch, Consumer, KafkaMessage } from 'kafkajs';
import { quietKafka } from './admin.ts';
import type { Kafka } from './state.ts';

/** Null where the record has none; an empty key or value is an empty Buffer. */
export interface ConsumedMessage {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A name that occurs twice has a list. */
  readonly headers: NonNullable<KafkaMessage['headers']>;
  readonly timestamp: number;
}

export interface ConsumeOptions {
  /** Leaves out what was aborted. @default true */
  readonly readCommitted?: boolean;
  /** @default 60000 */
  readonly timeoutMs?: number;
  /** Is given each message as it comes; then none is kept and the result is empty. */
  readonly each?: (message: ConsumedMessage) => void;
}

/**
 * Until the offsets at which the partitions end when it is called; in each partition in order. Transactions must have
 * ended by then: an open one holds back a reader of committed messages until the timeout.
 * Compressions: none and gzip; kafkajs knows no others by itself.
 * @throws when the end is not reached in time
 */
export async function consumeAll(
  kafka: Kafka<'plaintext'>,
  topic: string,
  options: ConsumeOptions = {},
): Promise<ConsumedMessage[]> {
  const { readCommitted = true, timeoutMs = 60_000, each } = options;
  const client = quietKafka({ brokers: kafka.bootstrapServers.plaintext.split(',') });
  const messages: ConsumedMessage[] = [];
  const consumer = client.consumer({ groupId: randomUUID(), readUncommitted: !readCommitted, maxWaitTimeInMs: 50 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const atEnd = reached(consumer, await endOffsets(client, topic), timeoutMs);
    const take = each ?? ((message) => messages.push(message));
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => batch.messages.map(ours(batch)).forEach(take),
    });
    await atEnd;
  } finally {
    await consumer.disconnect();
  }
  return messages;
}

async function endOffsets(client: ReturnType<typeof quietKafka>, topic: string): Promise<Map<number, number>> {
  const admin = client.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ high, low }) => Number(high) > Number(low));
    return new Map(filled.map(({ partition, high }) => [partition, Number(high)]));
  } finally {
    await admin.disconnect();
  }
}

/** By kafkajs's own word on how far it is: a partition may end with markers of transactions, which nobody is shown. */
function reached(consumer: Consumer, ends: Map<number, number>, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = withResolvers();
  const late = () => reject(new Error(`not read to the end in ${timeoutMs} ms; ends: ${JSON.stringify([...ends])}`));
  const timer = setTimeout(late, timeoutMs);
  const settle = () => ends.size === 0 && resolve();
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    if (Number(lastOffset) + 1 >= (ends.get(partition) ?? 0)) ends.delete(partition);
    settle();
  });
  settle();
  return promise.finally(() => clearTimeout(timer));
}

const ours =
  ({ partition }: Batch) =>
  ({ offset, key, value, headers = {}, timestamp }: KafkaMessage): ConsumedMessage => {
    return { partition, offset: Number(offset), key, value, headers, timestamp: Number(timestamp) };
  };

function withResolvers() {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
