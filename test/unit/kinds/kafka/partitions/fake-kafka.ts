/**
 * Brokers and clients as far as handing over sees them: clients form sets of what they were given, up to five requests are
 * in flight, and brokers take a set whole or refuse it whole, as Kafka does with sequence numbers.
 */

import type { Channel, ChannelEnd, Report, TopicAnswer } from '../../../../../src/kinds/kafka/partitions/channel.ts';
import type { Role } from '../../../../../src/kinds/kafka/partitions/channels.ts';
import type { Run } from '../../../../../src/kinds/kafka/partitions/run.ts';

const IN_FLIGHT = 5;
const TOO_LARGE = 10;
const OUT_OF_ORDER = 45;
const PURGED = -152;
const FATAL = -150;
const QUEUE_FULL = -184;
const UNKNOWN_TOPIC = 3;

export interface Sent {
  readonly batchId: number;
  readonly index: number;
  readonly value: string;
  readonly partition: number;
  sequence: number;
}

interface Request {
  readonly partition: number;
  readonly messages: readonly Sent[];
}

/** Numbers below one, the next of which a test decides. */
export type Random = () => number;

export class FakeKafka {
  /** What each partition has stored, in order. */
  readonly log: string[][];
  /** The sequence number that each client's next message to a partition must have; unknown ones are taken as they come. */
  readonly expected = new Map<string, number>();
  readonly clients: FakeChannel[] = [];
  isThere = true;
  /** What is asked for the end of each partition: a log that was made anew ends early. */
  endOffset = (partition: number): number => this.log[partition]?.length ?? 0;
  readonly isPoison: (value: string) => boolean;

  constructor(partitions: number, isPoison: (value: string) => boolean = () => false) {
    this.log = Array.from({ length: partitions }, () => []);
    this.isPoison = isPoison;
  }

  grow(partitions: number): void {
    while (this.log.length < partitions) this.log.push([]);
  }

  create(role: Role, capacity = Number.POSITIVE_INFINITY): FakeChannel {
    const client = new FakeChannel(this, this.clients.length, { single: role === 'single', capacity });
    this.clients.push(client);
    return client;
  }

  answer(topics: readonly string[]): TopicAnswer[] {
    const leaders = this.isThere ? this.log.map(() => 'broker-1:9092') : [];
    return topics.map((name) => ({ name, code: this.isThere ? 0 : UNKNOWN_TOPIC, leaders }));
  }

  /** Returns the code of its answer. */
  take(client: number, { partition, messages }: Request): number {
    const key = `${client} ${partition}`;
    const [first] = messages as [Sent];
    if ((this.expected.get(key) ?? first.sequence) !== first.sequence) return OUT_OF_ORDER;
    if (messages.some(({ value }) => this.isPoison(value))) return TOO_LARGE;
    this.expected.set(key, first.sequence + messages.length);
    this.log[partition]?.push(...messages.map(({ value }) => value));
    return 0;
  }
}

export class FakeChannel implements Channel {
  readonly single: boolean;
  readonly ready = true;
  inFlight = 0;
  end: ChannelEnd | undefined;
  reason = '';
  isClosed = false;
  /** Given to the client, and not sent. */
  readonly queued: Sent[] = [];
  readonly requests: Request[] = [];
  readonly runs: number[] = [];
  isTrial = false;
  /** Refuses the first message of the next run with this. */
  refuseNext: number | Error | undefined;
  /** Refuses all messages with this. */
  refuseAll: number | undefined;
  sink: (channel: FakeChannel, report: Report) => void = () => {};
  readonly #kafka: FakeKafka;
  readonly #id: number;
  readonly #capacity: number;
  readonly #sequences = new Map<number, number>();

  constructor(kafka: FakeKafka, id: number, { single, capacity }: { single: boolean; capacity: number }) {
    this.#kafka = kafka;
    this.#id = id;
    this.#capacity = capacity;
    this.single = single;
  }

  produce(run: Run): void {
    this.runs.push(run.count);
    for (let entry = 0; entry < run.count && run.hasRoom; entry++) {
      if (this.refuseAll !== undefined) run.refusals.set(entry, text(this.refuseAll));
      else if (this.refuseNext !== undefined) run.refusals.set(entry, this.#refusal());
      else if (this.end !== undefined) run.refusals.set(entry, text(FATAL));
      else if (this.queued.length >= this.#capacity) run.fullFrom = entry;
      else this.#queue(run, entry);
    }
  }

  #refusal() {
    const refusal = this.refuseNext as number | Error;
    this.refuseNext = undefined;
    return typeof refusal === 'number' ? text(refusal) : refusal;
  }

  #queue(run: Run, entry: number): void {
    const { batch, id: batchId } = run.sending(entry);
    const index = run.index(entry);
    const { partition } = run;
    const sequence = this.#sequences.get(partition) ?? 0;
    this.#sequences.set(partition, sequence + 1);
    const value = Buffer.from(batch.message(index).value ?? []).toString();
    this.queued.push({ batchId, index, value, partition, sequence });
  }

  /** Sends a set, or takes the answer to one. Returns false where there is nothing to do. */
  step(random: Random): boolean {
    const canSend = this.queued.length > 0 && this.requests.length < IN_FLIGHT && this.end === undefined;
    if (canSend && (this.requests.length === 0 || random() < 0.6)) this.#send(random);
    else if (this.requests.length > 0) this.#answered(this.requests.shift() as Request);
    else return canSend;
    return true;
  }

  #send(random: Random): void {
    const { partition } = this.queued[Math.floor(random() * this.queued.length)] as Sent;
    const most = this.single ? 1 : 1 + Math.floor(random() * 5);
    const messages = this.queued.filter((message) => message.partition === partition).slice(0, most);
    for (const message of messages) this.queued.splice(this.queued.indexOf(message), 1);
    this.requests.push({ partition, messages });
  }

  #answered(request: Request): void {
    const code = this.#kafka.take(this.#id, request);
    if (code === 0) this.#report(request.messages, 0);
    else if (this.single) this.#goOn(request, code);
    else this.#giveUp(request, code);
  }

  /** Without the gapless guarantee: what was behind a refused set gets new sequence numbers, and is sent again in order. */
  #goOn({ partition, messages }: Request, code: number): void {
    const behind = code === OUT_OF_ORDER ? [...messages] : [];
    if (code !== OUT_OF_ORDER) this.#report(messages, code);
    for (const request of this.requests.filter((one) => one.partition === partition)) {
      this.requests.splice(this.requests.indexOf(request), 1);
      behind.push(...request.messages);
    }
    const waiting = this.queued.filter((message) => message.partition === partition);
    for (const message of waiting) this.queued.splice(this.queued.indexOf(message), 1);
    this.#kafka.expected.delete(`${this.#id} ${partition}`);
    const again = [...behind, ...waiting];
    for (const [sequence, message] of again.entries()) message.sequence = sequence;
    this.#sequences.set(partition, again.length);
    this.queued.push(...again);
  }

  /** With it: the client gives up, gives back what it has not sent, and waits for the answers to the rest. */
  #giveUp({ messages }: Request, code: number): void {
    this.end = 'refusal';
    this.reason = 'gap-less';
    this.#report(messages, code === OUT_OF_ORDER ? FATAL : code);
    this.purge('queued');
  }

  #report(messages: readonly Sent[], code: number): void {
    const end = messages[0] === undefined ? 0 : (this.#kafka.log[messages[0].partition]?.length ?? 0);
    for (const [at, message] of messages.entries()) this.say(message, code, end - messages.length + at);
  }

  /** A report by hand. */
  say({ batchId, index, partition }: Sent, code: number, offset = -1): void {
    this.sink(this, { batchId, index, code, partition, offset });
  }

  purge(what: 'queued' | 'everything'): void {
    this.#report(this.queued.splice(0), PURGED);
    if (what === 'everything') for (const { messages } of this.requests.splice(0)) this.#report(messages, PURGED);
  }

  ask(topics: readonly string[]): Promise<readonly TopicAnswer[]> {
    return Promise.resolve(this.#kafka.answer(topics));
  }

  timestamp(): number {
    return -1;
  }

  failure({ code }: Report) {
    return text(code);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

export const text = (code: number) => ({ code, name: `CODE_${code}`, text: `code ${code}` });

export { QUEUE_FULL, TOO_LARGE };
