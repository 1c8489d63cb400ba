/**
 * A consumer that is assigned its partitions, because a consumer group would take seconds to form. Messages are given out in
 * batches, to one caller at a time. Nothing here waits on the thread, except in promises.
 */

import { setImmediate as setImmediateTurn } from 'node:timers/promises';
import { OutspoolError } from '../../../../shared/errors.ts';
import { orAborted } from '../../../../shared/util/abort.ts';
import { type Deferred, deferred } from '../../../../shared/util/deferred.ts';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import { Ledger } from '../close/ledger.ts';
import { type Asked, type Metadata, MetadataCall, type TopicMetadata } from '../inspect/metadata.ts';
import { Client } from '../native/client.ts';
import { createConsumer, type Properties } from '../native/configure.ts';
import type { Pointer } from '../native/functions.ts';
import { loadNative } from '../native/load.ts';
import type { Native } from '../native/native.ts';
import { Connecting, setupTimeout } from '../send/connecting.ts';
import { EventPump } from '../send/events.ts';
import { bindConsume, type ConsumeFunctions } from './consume-functions.ts';
import { consumeSelfTest } from './consume-self-test.ts';
import { consumerProperties } from './consumer-properties.ts';
import { type Batch, type ConsumeFailure, MessageReader } from './message-reader.ts';

const CLOSE_MS = 100;
/** Time in ms that the first question may hold a thread of libuv's pool. It makes librdkafka connect and needs no answer. */
const FIRST_ASK_MS = 1;
/** Bounds the messages that wait in librdkafka's queue. It then also asks for no more than that at once. */
const BOUNDS: Properties = { 'queued.max.messages.kbytes': '16384' };
/** Pause in ms before librdkafka looks again whether a full queue has capacity. The default of 1 s would starve a fast reader. */
const SOON_AGAIN: Properties = { 'fetch.queue.backoff.ms': '10' };
/** The first version with that property. */
const SOON_AGAIN_VERSION = 0x02_02_00_ff;
/** What this class relies on: it commits no offsets, and reports the end of a partition. */
const OURS: Properties = { 'enable.auto.commit': 'false', 'enable.partition.eof': 'true' };
/** Errors of the group's coordinator, which an assigned consumer does not need. */
const OF_GROUPS: ReadonlySet<number> = new Set([14, 15, 16, 30]);

export interface ConsumerOptions {
  /** librdkafka's properties for a consumer. Those that only a producer has are left out. */
  readonly properties: Properties;
  /** The group's id, which librdkafka demands. The consumer neither joins the group nor commits offsets for it. */
  readonly group: string;
  /** Time in ms after which the caller of `connected` aborts. The reason why there is no connection is found before that. */
  readonly connectTimeoutMs: number;
}

export class Consumer {
  readonly #client: Client;
  readonly #functions: ConsumeFunctions;
  readonly #ledger: Ledger;
  readonly #queue: Pointer;
  readonly #events: EventPump;
  readonly #connecting: Connecting;
  readonly #metadata: MetadataCall;
  readonly #reader: MessageReader;
  #topic = '';
  #failure: ConsumeFailure | undefined;
  #waiting: Deferred<void> | undefined;
  #asking: Promise<unknown> = Promise.resolve();
  /** The first question. A consumer without topics connects only after a second, or when it is asked something. */
  #connects: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * `ledger`: through it another thread ends the client, should this thread die.
   * @throws ConfigError when librdkafka refuses the properties
   */
  constructor(options: ConsumerOptions, ledger = new Ledger(), native = loadNative()) {
    this.#functions = nativeSection(() => bindConsume(native));
    nativeSection(() => consumeSelfTest(native, this.#functions));
    this.#ledger = ledger;
    this.#client = new Client(native, propertiesOf(options, native), ledger, () => this.#turn(), createConsumer);
    try {
      this.#queue = this.#openQueue();
      this.#connecting = new Connecting(this.#client, options);
      this.#metadata = new MetadataCall(native);
      this.#reader = new MessageReader(native, this.#functions);
      this.#events = new EventPump(this.#client, {
        report: () => {},
        error: (code, text) => this.#connecting.error(code, text),
        log: (_level, text) => this.#connecting.log(text),
      });
    } catch (error) {
      this.#releaseQueue();
      void this.#client.close(0);
      throw error;
    }
  }

  #openQueue(): Pointer {
    const { queueDestroy } = this.#client.native.rdkafka;
    const queue = this.#ledger.set('messages', this.#functions.queue(this.#client.handle), queueDestroy);
    this.#client.wakeup.add(queue);
    this.#client.wakeup.hold(false);
    return queue;
  }

  #releaseQueue(): void {
    const queue = this.#ledger.take('messages');
    if (queue === undefined) return;
    this.#client.wakeup.remove(queue);
    this.#client.native.rdkafka.queueDestroy(queue);
  }

  /** Resolves when a broker has answered. @throws ConnectError with the reason why none does. It may then be called again */
  async connected(signal: AbortSignal): Promise<void> {
    this.#turn(); // events before the pipe existed have caused no wake-up
    this.#connects ??= this.#ask('known', FIRST_ASK_MS).catch(() => {});
    await this.#connecting.wait(signal);
  }

  /**
   * Resolves within `timeoutMs` with the partitions of a topic. `code` is that of the broker, or librdkafka's own where no
   * broker answers in time. Many brokers create a topic that they are asked for.
   */
  async describe(topic: string, timeoutMs: number): Promise<TopicMetadata> {
    const answer = await this.#ask(this.#open().topics.handle(topic), timeoutMs);
    const none = { name: topic, code: typeof answer === 'number' ? answer : 0, partitions: [] };
    return typeof answer === 'number' ? none : (answer.topics.find(({ name }) => name === topic) ?? none);
  }

  /** Keeps the client open until the answer has come, at the latest after `timeoutMs`. */
  async #ask(asked: Asked, timeoutMs: number): Promise<Metadata | number> {
    const answer = this.#metadata.ask(this.#client.handle, asked, timeoutMs);
    this.#asking = Promise.all([this.#asking, answer.catch(() => {})]).then(() => {});
    return answer;
  }

  /** Begins to read partitions of the topic at these offsets. */
  assign(topic: string, from: ReadonlyMap<number, number>): void {
    const { native, handle } = this.#open();
    const { offsets } = native;
    this.#topic = topic;
    const list = offsets.listNew(from.size);
    try {
      for (const [partition, offset] of from) {
        offsets.listAdd(list, topic, partition);
        this.#functions.setOffset(list, topic, partition, offset);
      }
      const code = this.#functions.assign(handle, list);
      if (code !== 0) throw this.#error({ code, text: this.text(code), partition: -1 });
    } finally {
      offsets.listDestroy(list);
    }
  }

  /**
   * Resolves with the next messages as soon as there are any, or when a partition has been read up to its end. Resolves with
   * undefined when `signal` is aborted before that.
   * @throws OutspoolError for an error that librdkafka reports about the topic, and after `close`
   */
  async next(signal: AbortSignal): Promise<Batch | undefined> {
    // Between batches, other work of the event loop has its turn.
    await setImmediateTurn();
    while (!signal.aborted) {
      const batch = this.#take();
      if (batch.messages.length + batch.ended.length > 0) return batch;
      if (this.#failure === undefined) await this.#wake(signal);
    }
    return undefined;
  }

  #take(): Batch {
    this.#open();
    if (this.#failure !== undefined) throw this.#error(this.#failure);
    const batch = this.#reader.take(this.#queue);
    // It is thrown by the next call, after the messages that came before it.
    this.#failure = batch.failures.find(({ code }) => !OF_GROUPS.has(code));
    return batch;
  }

  /** Waits for the pipe, and holds the process open for as long. */
  async #wake(signal: AbortSignal): Promise<void> {
    const waiting = deferred();
    this.#waiting = waiting;
    this.#client.wakeup.hold(true);
    await orAborted(waiting.promise, signal);
    if (!this.#client.closed) this.#client.wakeup.hold(false);
  }

  /** librdkafka's text for one of its codes. */
  text(code: number): string {
    return this.#client.native.rdkafka.errorText(code);
  }

  #error({ code, text, partition }: ConsumeFailure): OutspoolError {
    const place = `${this.#topic}${partition < 0 ? '' : ` [${partition}]`}`;
    const { rdkafka } = this.#client.native;
    return new OutspoolError(`topic ${place} cannot be read: ${text} (${rdkafka.errorName(code)}, ${code})`);
  }

  #open(): Client {
    if (this.#closing !== undefined) throw new OutspoolError('the consumer has been closed');
    return this.#client;
  }

  #turn(): void {
    while (this.#closing === undefined && this.#events.turn());
    this.#waiting?.resolve();
  }

  /** Ends the consumer without blocking, also while `next` waits. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The question under way uses the client, and returns by the deadline that it was given. */
  async #close(): Promise<void> {
    await this.#asking;
    this.#events.close();
    this.#releaseQueue();
    this.#waiting?.resolve();
    await this.#client.close(CLOSE_MS);
  }
}

/** The options' own properties come before the bounds, and after what the class relies on. */
function propertiesOf(options: ConsumerOptions, { rdkafka }: Native): Properties {
  const all = {
    ...BOUNDS,
    ...(rdkafka.version() >= SOON_AGAIN_VERSION && SOON_AGAIN),
    ...setupTimeout(options),
    ...options.properties,
    ...OURS,
  };
  return consumerProperties(all, options.group);
}
