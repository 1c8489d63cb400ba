/** One producer of node-rdkafka as a `Channel`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { asError, PermanentSendError, TransientSendError } from '../../../shared/errors.ts';
import type { Message } from '../../../shared/message/message.ts';
import { systemClock } from '../../../shared/util/clock.ts';
import { within } from '../../../shared/util/within.ts';
import { largerThanQueue } from '../batches/sizes.ts';
import {
  type CodeText,
  ERROR_TABLE,
  FATAL,
  isBystander,
  isOfMessage,
  isOwnStop,
  isRefusal,
  localError,
  PURGED_IN_QUEUE,
  QUEUE_FULL,
} from '../errors/errors.ts';
import { type Channel, type ChannelEnd, leadersOf, type Report, type TopicAnswer } from '../partitions/channel.ts';
import { messageAt, type Refusal, type Run } from '../partitions/run.ts';
import { batchOf, indexOf, ticketOf } from '../partitions/tickets.ts';
import { wake } from '../partitions/wake.ts';
import type { BindingProducer, BindingReport } from './binding.ts';
import { binary, textHeaders } from './message.ts';
import { REPORT_TEXTS } from './report-texts.ts';
import { StatisticsReader } from './statistics.ts';

const POLL_BUSY_MS = 2;
const POLL_IDLE_MS = 50;
const ASK_MS = 1000;
const UNKNOWN_TOPIC = 3;
/** A partition that no topic has. librdkafka refuses a message for it with the error that it knows of the topic. */
const NO_PARTITION = 0x7fff_fffe;
/** Whether the ticket is of a question in the form of a message. The report of a question is ignored. */
const isQuestion = (ticket: number): boolean => ticket < 0;

/** The report of a message that its client has queued and will not send. */
const TAKEN_BACK = { code: PURGED_IN_QUEUE, partition: -1, offset: -1, timestamp: -1, text: 'purged in queue' };

interface NodeReport extends Report {
  readonly timestamp: number;
  readonly text: string;
}

export interface NodeChannelContext {
  readonly producer: BindingProducer;
  readonly properties: Readonly<Record<string, string>>;
  readonly single: boolean;
  /** Whether the client fails for good when a set is refused. */
  readonly stopsAtRefusal: boolean;
  report(channel: Channel, report: Report): void;
  /** Called when there may be something to send. */
  onTurn(): void;
}

export class NodeRdkafkaChannel implements Channel {
  readonly producer: BindingProducer;
  readonly single: boolean;
  inFlight = 0;
  ready = false;
  reason = '';
  end: ChannelEnd | undefined;
  readonly #context: NodeChannelContext;
  /** Tickets that it has taken and not reported on, including questions. */
  readonly #sent = new Set<number>();
  #questions = 0;
  readonly #statistics = new StatisticsReader();
  #endedAt = Number.POSITIVE_INFINITY;
  #state: 'fresh' | 'waking' | 'awake' = 'fresh';
  #poll: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(context: NodeChannelContext) {
    this.#context = context;
    this.producer = context.producer;
    this.single = context.single;
    this.producer.on('delivery-report', (error, report) => this.#report(error, report));
    this.producer.on('event.error', ({ message }) => this.#heard(message));
    this.producer.on('event.stats', ({ message }) => this.#takeBack(String(message)));
    // Polling starts before connecting, because errors only come out of `poll`.
    this.schedulePoll();
  }

  /** Notes a fatal error, which may come before or after the reports of the client's messages. */
  #heard(text: string): void {
    if (/fatal error/i.test(text)) this.#giveUp(isOwnStop(text) ? 'refusal' : 'failure', text);
  }

  #giveUp(end: ChannelEnd, reason: string): void {
    if (this.end === undefined) this.#endedAt = performance.now();
    this.end ??= end;
    this.reason ||= reason;
  }

  /** Marks the client as failed, so that nothing more is sent by it. */
  fail(reason: string): void {
    this.#giveUp('failure', reason);
  }

  produce(run: Run): void {
    for (let entry = 0; entry < run.count && run.hasRoom; entry++) {
      const refusal = this.#one(run, entry);
      if (refusal === undefined) continue;
      if ('code' in refusal && refusal.code === QUEUE_FULL) run.fullFrom = entry;
      else run.refusals.set(entry, refusal);
    }
    this.schedulePoll(true);
    if (this.#state === 'fresh') this.#wake(run.topic);
  }

  #wake(topic: string): void {
    this.#state = 'waking';
    void wake(
      () => this.#ask(topic),
      () => this.#state === 'awake' || this.#closing !== undefined,
    );
  }

  #one(run: Run, entry: number): Refusal | undefined {
    const { batch, id } = run.sending(entry);
    const index = run.index(entry);
    try {
      const message = batch.message(index);
      const [value, key] = [binary(message.value), binary(message.key)];
      const ticket = ticketOf(id, index);
      this.producer.produce(run.topic, run.partition, value, key, message.timestamp, ticket, textHeaders(message));
      this.#sent.add(ticket);
      return undefined;
    } catch (thrown) {
      const isEmpty = this.inFlight === 0 && run.refusals.size === entry; // nothing of this run was taken before it
      return this.#refusalOf(thrown, isEmpty, () => messageAt(run, entry));
    }
  }

  /** Turns what `produce` throws into a refusal. A queue that is full with nothing in it is too small for the message. */
  #refusalOf(thrown: unknown, isEmpty: boolean, message: () => Message): Refusal {
    const error = asError(thrown);
    const code = codeOf(error);
    if (error instanceof PermanentSendError || !Number.isInteger(code)) return error;
    if (code === FATAL) this.#giveUp(this.#context.stopsAtRefusal ? 'refusal' : 'failure', error.message);
    const text = { code, name: nameOf(code), text: error.message };
    if (code === QUEUE_FULL && isEmpty) return largerThanQueue(message(), this.#context.properties);
    return isOfMessage(code) ? localError(text, message, this.#context.properties) : text;
  }

  /** Takes a report. Its code is always -1, so only its text tells what happened. */
  #report(error: { readonly message: string } | null, report: BindingReport): void {
    const { opaque, partition, offset, timestamp = -1 } = report;
    if (opaque === undefined || !this.#sent.delete(opaque) || isQuestion(opaque)) return;
    this.#state = 'awake';
    const code = error === null ? 0 : (REPORT_TEXTS.get(error.message) ?? -1);
    const isOfSet = code !== 0 && (isRefusal(code) || isBystander(code));
    if (isOfSet && this.#context.stopsAtRefusal) this.#giveUp('refusal', error?.message ?? '');
    this.#pass(opaque, { code, partition, offset, timestamp, text: error?.message ?? '' });
  }

  #pass(ticket: number, report: Omit<NodeReport, 'batchId' | 'index'>): void {
    this.#context.report(this, { ...report, batchId: batchOf(ticket), index: indexOf(ticket) });
  }

  timestamp(report: Report): number {
    return (report as NodeReport).timestamp;
  }

  failure(report: Report): CodeText {
    return { code: report.code, name: nameOf(report.code), text: (report as NodeReport).text };
  }

  /** Does nothing, because the binding has no purge. Messages that a failed client has queued again come back by its statistics. */
  purge(): void {}

  /**
   * Takes back what a failed client has queued again: requests that were behind a refused set. It sends nothing more and keeps
   * them.
   *
   * If all messages without a report are in its queues, none is on its way, so another client may send them. A snapshot from
   * before the failure does not count, because what was queued then may have been sent since.
   */
  #takeBack(statistics: string): void {
    const { queued, notBefore } = this.#statistics.read(statistics);
    if (notBefore <= this.#endedAt || this.#sent.size === 0 || queued !== this.#sent.size) return;
    const tickets = [...this.#sent];
    this.#sent.clear();
    for (const ticket of tickets) if (!isQuestion(ticket)) this.#pass(ticket, TAKEN_BACK);
  }

  async ask(topics: readonly string[]): Promise<readonly TopicAnswer[]> {
    const answers: TopicAnswer[] = [];
    for (const topic of topics) answers.push(await this.#ask(topic));
    return answers;
  }

  #ask(name: string): Promise<TopicAnswer> {
    return new Promise((resolve, reject) => {
      this.producer.getMetadata({ topic: name, timeout: ASK_MS }, (error, metadata) => {
        if (error)
          return reject(new TransientSendError(`no broker answered a question about topics: ${error.message}`));
        const partitions = metadata.topics.find((topic) => topic.name === name)?.partitions ?? [];
        const leaders = leadersOf(partitions, metadata.brokers);
        resolve({ name, leaders, code: leaders.length > 0 ? 0 : this.#whyNone(name) });
      });
    });
  }

  /** Finds the broker's code for a topic without partitions, by producing to an impossible partition. */
  #whyNone(topic: string): number {
    try {
      const question = -++this.#questions;
      this.producer.produce(topic, NO_PARTITION, null, null, null, question);
      this.#sent.add(question);
      return UNKNOWN_TOPIC;
    } catch (thrown) {
      const code = codeOf(asError(thrown));
      return code > 0 ? code : UNKNOWN_TOPIC;
    }
  }

  /** Reads reports, every 2 ms while some are awaited, else every 50 ms. */
  schedulePoll(isBusy = this.inFlight > 0): void {
    clearTimeout(this.#poll);
    if (this.#closing !== undefined) return;
    this.#poll = setTimeout(() => this.#turn(), isBusy ? POLL_BUSY_MS : POLL_IDLE_MS);
    if (!isBusy) this.#poll.unref();
  }

  #turn(): void {
    poll(this.producer);
    this.#context.onTurn();
    this.schedulePoll();
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** Waits for messages in flight first, because reports are lost with the connection. */
  async #close(deadlineMs: number): Promise<void> {
    clearTimeout(this.#poll);
    const end = performance.now() + deadlineMs;
    while (this.inFlight > 0 && performance.now() < end) await sleep(POLL_BUSY_MS).then(() => poll(this.producer));
    await within(disconnect(this.producer), Math.max(end - performance.now(), 0), { clock: systemClock });
  }
}

/** Polls. The binding throws before the connection and after it, when there is nothing to poll for. */
export function poll(producer: BindingProducer): void {
  try {
    producer.poll();
  } catch {}
}

export function disconnect(producer: BindingProducer): Promise<void> {
  return new Promise((resolve) => {
    try {
      // It flushes first, and throws if it has never been connected.
      producer.disconnect(1, () => resolve());
    } catch {
      // The client is still connecting, and ends when it has connected.
      producer.once('ready', () => producer.disconnect());
      resolve();
    }
  });
}

const nameOf = (code: number): string => ERROR_TABLE.get(code)?.[1] ?? 'no name';

const codeOf = (error: unknown): number => {
  const { kafkaCode, code } = error as { kafkaCode?: unknown; code?: unknown };
  return Number(kafkaCode ?? code);
};
