/** Reads a topic with librdkafka, on the caller's thread and without blocking it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { assertNames } from '../caller/known-options.ts';
import { isMissing, isRefusal } from '../kinds/kafka/errors/errors.ts';
import { withoutStrangers } from '../kinds/kafka/explain/strangers.ts';
import { Ledger } from '../kinds/kafka/librdkafka/close/ledger.ts';
import { Consumer } from '../kinds/kafka/librdkafka/consume/consumer.ts';
import { copyOf, type ReadMessage } from '../kinds/kafka/librdkafka/consume/read-message.ts';
import { loadNative } from '../kinds/kafka/librdkafka/native/load.ts';
import { OutspoolError } from '../shared/errors.ts';
import { linked } from '../shared/util/abort.ts';

export type { ReadMessage };

export interface ReadTopicOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  /** Number of messages after which it resolves. @default reads each partition up to its end */
  readonly count?: number;
  /** Time, in ms, after which it resolves with the messages so far. @default 10000 */
  readonly timeoutMs?: number;
  /**
   * Partitions to read, with the offset to begin at. A partition that no longer has this offset is read from its oldest message.
   * @default all partitions, from their oldest message
   */
  readonly from?: ReadonlyMap<number, number>;
  /** Selects the messages to return and count. @default all */
  readonly where?: (message: ReadMessage) => boolean;
  /** Further properties of the consumer (security, for instance). Those that only a producer has are left out. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Ends the reading. It then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

const OPTIONS = [
  'bootstrapServers',
  'topic',
  'count',
  'timeoutMs',
  'from',
  'where',
  'properties',
  'signal',
] as const satisfies readonly (keyof ReadTopicOptions)[];

const USER = { user: 'reading a topic' };
const GROUP = 'outspool-read-topic';
/** Begins with the oldest message where the offset to begin at has been deleted. librdkafka would begin behind the newest one. */
const BEGINNING = { 'auto.offset.reset': 'earliest' };
/** Takes messages as soon as they are stored. */
const FETCHING = { 'fetch.wait.max.ms': '10', 'fetch.error.backoff.ms': '10' };
/** Comes back to a broker within a second of its return. */
const RECONNECT = { 'reconnect.backoff.ms': '50', 'reconnect.backoff.max.ms': '1000' };
/** Time in ms after which an attempt to connect is given up, and the next one begins. */
const MOST_CONNECT_MS = 30_000;
const RETRY_MS = 10;
/** Time in ms that one question about the topic may take. It doubles, up to the maximum, where it was too short. */
const LEAST_ASK_MS = 250;
const MOST_ASK_MS = 2000;
/** The longest timeout that a timer can have, in ms. It takes whole numbers only. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Reads the messages of all partitions; those of one partition are in order. It assigns itself the partitions, because a consumer
 * group would take seconds to form. A worker thread that is terminated while it reads leaves a native client behind until the process
 * ends, so abort `signal` first.
 * @throws OutspoolError when there is no such topic or it may not be read; ConnectError when no broker answers in time
 */
export async function readTopic(options: ReadTopicOptions): Promise<ReadMessage[]> {
  assertNames(options, 'readTopic', OPTIONS);
  options.signal?.throwIfAborted();
  const { count, timeoutMs = 10_000 } = options;
  if (count !== undefined && count <= 0) return []; // reading would create a topic that does not exist
  const timeout = Math.min(Math.max(Math.ceil(timeoutMs), 0), LONGEST_MS);
  const end = performance.now() + timeout;
  try {
    return await linked([options.signal, AbortSignal.timeout(timeout)], (signal) =>
      new TopicReading(options, end, signal).read(),
    );
  } finally {
    options.signal?.throwIfAborted();
  }
}

class TopicReading {
  readonly #options: ReadTopicOptions;
  readonly #end: number;
  readonly #signal: AbortSignal;

  /** `end`: when the time is over, as a time of `performance.now()`. Then `signal` is aborted, or before that by the caller. */
  constructor(options: ReadTopicOptions, end: number, signal: AbortSignal) {
    this.#options = options;
    this.#end = end;
    this.#signal = signal;
  }

  get #left(): number {
    return Math.max(this.#end - performance.now(), 1);
  }

  async read(): Promise<ReadMessage[]> {
    const { topic, from } = this.#options;
    const consumer = await this.#create();
    try {
      await this.#connect(consumer);
      const partitions = await this.#partitions(consumer);
      const assigned = from?.size ? from : new Map(partitions.map((partition) => [partition, 0]));
      consumer.assign(topic, assigned);
      return await this.#collect(consumer, assigned.size);
    } finally {
      await consumer.close();
    }
  }

  async #create(): Promise<Consumer> {
    const native = loadNative(undefined, USER);
    const { bootstrapServers, properties } = this.#options;
    const connectTimeoutMs = Math.min(this.#left, MOST_CONNECT_MS);
    const wanted = { ...BEGINNING, ...RECONNECT, ...properties, 'bootstrap.servers': bootstrapServers, ...FETCHING };
    const checked = await withoutStrangers({ properties: wanted, connectTimeoutMs, log: () => {} });
    return new Consumer({ properties: checked.properties, connectTimeoutMs, group: GROUP }, new Ledger(), native);
  }

  /** Waits for a broker as long as there is time, because one that is down may come back. */
  async #connect(consumer: Consumer): Promise<void> {
    let reason: unknown;
    for (;;) {
      try {
        return await consumer.connected(this.#signal);
      } catch (error) {
        // At the deadline there is no time left to look for a reason.
        if (this.#signal.aborted) throw reason ?? error;
        reason = error;
      }
      await sleep(RETRY_MS);
    }
  }

  /** Waits for the partitions, because a new topic has none for a moment. */
  async #partitions(consumer: Consumer): Promise<number[]> {
    const { topic } = this.#options;
    let answered: number | undefined;
    for (let askMs = LEAST_ASK_MS; ; askMs = Math.min(askMs * 2, MOST_ASK_MS)) {
      const { partitions, code } = await consumer.describe(topic, Math.min(askMs, this.#left));
      if (isRefusal(code)) throw new OutspoolError(`topic ${topic} cannot be read: ${consumer.text(code)}`);
      if (partitions.length > 0 && !isMissing(code)) return partitions.map(({ id }) => id);
      // The last question may have had too little time for an answer, which says nothing against the answers before it.
      if (code >= 0 || answered === undefined) answered = code;
      if (this.#signal.aborted) throw new OutspoolError(missing(topic, answered, consumer.text(answered)));
      await sleep(RETRY_MS);
    }
  }

  async #collect(consumer: Consumer, partitions: number): Promise<ReadMessage[]> {
    const { count, where } = this.#options;
    const messages: ReadMessage[] = [];
    const ended = new Set<number>();
    const isDone = () => (count === undefined ? ended.size === partitions : messages.length >= count);
    while (!isDone()) {
      const batch = await consumer.next(this.#signal);
      if (batch === undefined) break;
      for (const partition of batch.ended) ended.add(partition);
      if (where === undefined) messages.push(...batch.messages);
      else messages.push(...batch.messages.filter((message) => where(message)).map(copyOf));
    }
    return messages;
  }
}

/** A negative code is librdkafka's own, where no broker has answered. */
const missing = (topic: string, code: number, text: string): string =>
  code < 0 ? `no broker answered a question about topic ${topic}: ${text}` : `there is no topic ${topic}`;
