/** One client of librdkafka as a `Channel`. It takes runs of messages and reports the outcome of each. */

import { TransientSendError } from '../../../../shared/errors.ts';
import type { LogLevel } from '../../../../shared/protocol.ts';
import { PackedRecord } from '../../batches/packed-record.ts';
import { largerThanQueue } from '../../batches/sizes.ts';
import { type CodeText, GAPLESS_GUARANTEE, isOfMessage, localError, QUEUE_FULL } from '../../errors/errors.ts';
import { type Channel, type ChannelEnd, leadersOf, type Report, type TopicAnswer } from '../../partitions/channel.ts';
import { messageAt, type Refusal, type Run } from '../../partitions/run.ts';
import { wake } from '../../partitions/wake.ts';
import type { Ledger } from '../close/ledger.ts';
import { ClusterDescription, canDescribeCluster } from '../inspect/describe-cluster.ts';
import { type Asked, type Metadata, MetadataCall } from '../inspect/metadata.ts';
import { Client } from '../native/client.ts';
import { codeText, fatalText } from '../native/code-text.ts';
import type { Properties } from '../native/configure.ts';
import type { Pointer } from '../native/functions.ts';
import { MessageArray } from '../native/message-array.ts';
import type { Native } from '../native/native.ts';
import type { NativeReport } from '../native/report-reader.ts';
import { SingleProducer } from '../native/single-message.ts';
import { EventPump } from './events.ts';

/** Time in ms that a metadata request may hold a thread. It doubles, up to the maximum, where it was too short. */
const LEAST_ASK_MS = 250;
const MOST_ASK_MS = 1000;
/** `RD_KAFKA_MSG_STATUS_NOT_PERSISTED` */
const NOT_PERSISTED = 0;
/** No topic can have this name. */
const TOPIC_EXCEPTION = 17;

export interface ChannelContext {
  readonly native: Native;
  readonly properties: Properties;
  readonly ledger: Ledger;
  readonly single: boolean;
  /** There are events to read. */
  onWake(): void;
  report(channel: LibrdkafkaChannel, report: NativeReport): void;
  error(code: number, text: string): void;
  log(level: LogLevel, text: string): void;
  /** Statistics as JSON. */
  statistics(text: string): void;
}

const brokersOf = ({ brokers }: Metadata): readonly number[] => brokers.map(({ id }) => id);

export class LibrdkafkaChannel implements Channel {
  readonly client: Client;
  readonly single: boolean;
  readonly isTrial: boolean;
  readonly ready = true;
  inFlight = 0;
  readonly #events: EventPump;
  readonly #messages: MessageArray;
  readonly #producer: SingleProducer;
  readonly #metadata: MetadataCall;
  readonly #description: ClusterDescription;
  readonly #record = new PackedRecord();
  #knownBrokers: readonly number[] = [];
  #askMs = LEAST_ASK_MS;
  /** Whether the last metadata request had no answer. */
  #isUnanswered = false;
  #asking: Promise<unknown> = Promise.resolve();
  #state: 'fresh' | 'waking' | 'awake' = 'fresh';
  #closing: Promise<void> | undefined;

  constructor(context: ChannelContext) {
    const { native, properties, ledger, single } = context;
    this.single = single;
    this.isTrial = single && properties['transactional.id'] !== undefined;
    this.client = new Client(native, properties, ledger, () => context.onWake());
    try {
      this.#events = new EventPump(this.client, {
        report: (report) => {
          this.#state = 'awake';
          context.report(this, report);
        },
        error: (code, text) => context.error(code, text),
        log: (level, text) => context.log(level, text),
        statistics: (text) => context.statistics(text),
      });
      this.#messages = new MessageArray(native);
      this.#producer = new SingleProducer(native, this.client.handle);
      this.#metadata = new MetadataCall(native);
      this.#description = new ClusterDescription(this.client);
    } catch (error) {
      void this.client.close(0);
      throw error;
    }
  }

  get end(): ChannelEnd | undefined {
    const code = this.client.fatalCode;
    if (code === 0) return undefined;
    return code === GAPLESS_GUARANTEE ? 'refusal' : 'failure';
  }

  get reason(): string {
    return fatalText(this.client) ?? '';
  }

  /** Reads a turn's worth of events. @returns whether there are more */
  turn(): boolean {
    return this.#closing === undefined && this.#events.turn();
  }

  /** Sends messages with headers or a timestamp one by one, and the others between them in one call. */
  produce(run: Run): void {
    const topic = this.client.topics.handle(run.topic);
    this.#messages.clear();
    for (let entry = 0; entry < run.count && run.hasRoom; entry++) {
      const sending = run.sending(entry);
      const index = run.index(entry);
      this.#record.read(sending.memory, sending.batch.offsets[index] as number);
      if (!this.#record.single) this.#messages.add(sending.memory, this.#record, { batchId: sending.id, index, entry });
      else if (this.#flush(run, topic)) this.#one(run, topic, entry);
    }
    this.#flush(run, topic);
    if (this.#state === 'fresh') this.#wake(run.topic);
  }

  #wake(topic: string): void {
    this.#state = 'waking';
    void wake(
      () => this.ask([topic]),
      () => this.#state === 'awake' || this.#closing !== undefined,
    );
  }

  /** Passes the collected messages to librdkafka. @returns whether it had capacity for all of them */
  #flush(run: Run, topic: Pointer): boolean {
    const { count } = this.#messages;
    if (count > 0 && run.hasRoom && this.#messages.produce(topic, run.partition) < count) this.#note(run);
    this.#messages.clear();
    return run.hasRoom;
  }

  /** librdkafka goes on after a message that it refuses. After one for which it has no capacity, it refuses all that follow. */
  #note(run: Run): void {
    for (let position = 0; position < this.#messages.count; position++)
      this.#noteCode(run, this.#messages.entryAt(position), this.#messages.errorOf(position));
  }

  #noteCode(run: Run, entry: number, code: number): void {
    if (code === 0) return;
    if (code !== QUEUE_FULL) run.refusals.set(entry, this.#refusal(run, entry, code));
    else if (entry < run.fullFrom) this.#full(run, entry);
  }

  #refusal(run: Run, entry: number, code: number): Refusal {
    const text = this.text(code);
    return isOfMessage(code) ? localError(text, () => messageAt(run, entry), this.client.properties) : text;
  }

  /** If librdkafka's queue is empty, waiting for capacity is useless, because the message alone is larger than the queue. */
  #full(run: Run, entry: number): void {
    const { native, handle } = this.client;
    if (native.rdkafka.outqLength(handle) > 0) run.fullFrom = entry;
    else {
      run.refusals.set(entry, largerThanQueue(messageAt(run, entry), this.client.properties));
      run.fullFrom = entry + 1;
    }
  }

  #one(run: Run, topic: Pointer, entry: number): void {
    const { memory, id: batchId } = run.sending(entry);
    const message = { memory, record: this.#record, topic, partition: run.partition, batchId, index: run.index(entry) };
    this.#noteCode(run, entry, this.#producer.produce(message));
  }

  purge(what: 'queued' | 'everything'): void {
    this.client.purge(what);
  }

  ask(topics: readonly string[]): Promise<readonly TopicAnswer[]> {
    return this.#holding(this.#ask(topics));
  }

  /** Ids of the brokers that this client last heard of. */
  get knownBrokers(): readonly number[] {
    return this.#knownBrokers;
  }

  /** Resolves with the ids of the brokers in the cluster, as the broker names them to which this client has sent last. */
  async brokers(): Promise<readonly number[]> {
    return brokersOf(await this.#holding(this.#metadataOf('known')));
  }

  /** Keeps the client open until the answer has come. */
  #holding<T>(asking: Promise<T>): Promise<T> {
    this.#asking = Promise.all([this.#asking, asking.catch(() => {})]).then(() => {});
    return asking;
  }

  /** Asks for one topic by itself, or for several by the list of all topics for which this client has handles. */
  async #ask(names: readonly string[]): Promise<readonly TopicAnswer[]> {
    const handles = names.map((name) => this.client.topics.handle(name));
    const impossible = names.filter((_, index) => handles[index] === 0);
    const wanted = names.filter((_, index) => handles[index] !== 0);
    const [only] = handles.filter((handle) => handle !== 0);
    const found = only === undefined ? [] : await this.#topics(wanted.length === 1 ? only : 'known');
    return [
      ...impossible.map((name) => ({ name, code: TOPIC_EXCEPTION, leaders: [] })),
      ...found.filter(({ name }) => wanted.includes(name)),
    ];
  }

  async #topics(asked: Asked): Promise<readonly TopicAnswer[]> {
    const { topics, brokers } = await this.#metadataOf(asked);
    return topics.map(({ name, code, partitions }) => ({ name, code, leaders: leadersOf(partitions, brokers) }));
  }

  async #metadataOf(asked: Asked): Promise<Metadata> {
    if (this.#isUnanswered && canDescribeCluster(this.client))
      await this.#description.reach(this.#knownBrokers, MOST_ASK_MS);
    if (this.#closing !== undefined) throw new TransientSendError('the client was closed');
    const answer = await this.#metadata.ask(this.client.handle, asked, this.#askMs);
    this.#isUnanswered = typeof answer === 'number';
    if (typeof answer !== 'number') {
      this.#askMs = LEAST_ASK_MS;
      this.#knownBrokers = brokersOf(answer);
      return answer;
    }
    this.#askMs = Math.min(this.#askMs * 2, MOST_ASK_MS);
    throw new TransientSendError(
      `no broker answered a question about the cluster: ${this.client.native.rdkafka.errorText(answer)}`,
    );
  }

  timestamp(report: Report): number {
    return this.client.native.rdkafka.messageTimestamp((report as NativeReport).address, 0);
  }

  /** Whether a broker may have the message, or may still get it. */
  isPossiblySent(report: NativeReport): boolean {
    return this.client.native.rdkafka.messageStatus(report.address) !== NOT_PERSISTED;
  }

  failure({ code }: Report): CodeText {
    return this.text(code);
  }

  text(code: number): CodeText {
    return codeText(this.client, code);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** Leaves the client to a call that still uses it. */
  closeBehind(call: Promise<void>): void {
    this.#closing = Promise.resolve();
    this.#events.close();
    this.client.closeBehind(Promise.all([call, this.#asking]).then(() => {}));
  }

  /** A question that is under way holds the client. */
  async #close(deadlineMs: number): Promise<void> {
    this.#events.close();
    await this.#asking;
    await this.client.close(deadlineMs);
  }
}
