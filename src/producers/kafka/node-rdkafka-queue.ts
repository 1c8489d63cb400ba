/** Batches on their way through node-rdkafka: what is in flight, by a number that comes back in the report. */

import { asError, PermanentSendError } from '../../errors.ts';
import type { Message } from '../../message.ts';
import type { Batch, BrokerReport } from '../../transport.ts';
import { ERROR_TABLE, isPurged, localError, QUEUE_FULL, sendError } from './errors.ts';
import { binary, textHeaders } from './node-rdkafka-message.ts';
import { REPORT_TEXTS } from './report-texts.ts';
import { largerThanQueue } from './sizes.ts';

/** The part of node-rdkafka's Producer that sends. */
export interface ProduceCall {
  produce(
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: Buffer | null,
    timestamp: number | null,
    opaque: number,
    headers?: Record<string, string>[],
  ): unknown;
}

export interface ReportParts extends BrokerReport {
  /** The number that `produce` was given. */
  readonly opaque?: number;
}

interface Sending {
  readonly batch: Batch;
  readonly settle: () => void;
  next: number;
  inFlight: number;
  handedOver: boolean;
}

/** How handing over a batch went. */
type Progress = 'all' | 'later' | 'halted';

export class NodeRdkafkaQueue {
  readonly #producer: ProduceCall;
  readonly #properties: Readonly<Record<string, string>>;
  readonly #inFlight = new Map<number, { sending: Sending; index: number }>();
  #waiting: Sending[] = [];
  #sequence = 0;
  #halted = false;
  /**
   * Whether the broker has taken something of this client. Of one that it does not know yet it takes any sequence number:
   * what is in flight behind a set that it refuses would arrive, before what is good in that set.
   */
  #isKnown = false;
  retired = false;

  /** `properties` are those of the client. */
  constructor(producer: ProduceCall, properties: Readonly<Record<string, string>>) {
    this.#producer = producer;
    this.#properties = properties;
  }

  get idle(): boolean {
    return this.#inFlight.size === 0 && this.#waiting.length === 0;
  }

  add(batch: Batch): Promise<void> {
    return new Promise((settle) => {
      this.#waiting.push({ batch, settle, next: 0, inFlight: 0, handedOver: false });
    });
  }

  /** Hands over what it can, in order; after a failure only when all that is in flight has come back. */
  pump(): void {
    if (this.#halted && this.#inFlight.size > 0) return;
    this.#halted = false;
    while (this.#waiting.length > 0) {
      const head = this.#waiting[0] as Sending;
      const progress = this.#handOver(head);
      if (progress === 'halted') this.stop();
      if (progress !== 'all') return;
      this.#waiting.shift();
      finish(head);
    }
  }

  /** Hands over nothing more of what is here now. */
  stop(): void {
    const stopped = this.#waiting;
    this.#waiting = [];
    this.#halted = true;
    for (const sending of stopped) finish(sending);
  }

  /** Takes nothing more; what is in flight may still come back. */
  retire(): void {
    this.retired = true;
    this.stop();
  }

  /** Gives back what is in flight: its reports, should any come, find nobody. */
  forget(): void {
    this.retire();
    const sendings = new Set(Array.from(this.#inFlight.values(), ({ sending }) => sending));
    this.#inFlight.clear();
    for (const { settle } of sendings) settle();
  }

  report(
    error: { readonly message: string } | null,
    { opaque = 0, partition, offset, timestamp = -1 }: ReportParts,
  ): void {
    const entry = this.#inFlight.get(opaque);
    if (entry === undefined) return;
    this.#inFlight.delete(opaque);
    const { sending, index } = entry;
    sending.inFlight--;
    if (error) this.#failed(sending.batch, index, error.message);
    else this.#delivered(sending.batch, index, { partition, offset, timestamp });
    if (sending.handedOver && sending.inFlight === 0) sending.settle();
  }

  #delivered(batch: Batch, index: number, report: BrokerReport): void {
    this.#isKnown = true;
    batch.delivered(index, report);
  }

  /** A report's code is always -1: only its text says what happened. */
  #failed(batch: Batch, index: number, text: string): void {
    const code = REPORT_TEXTS.get(text) ?? -1;
    if (!isPurged(code)) batch.failed(index, sendError({ code, name: nameOf(code), text }, 'set'));
    this.stop();
  }

  #handOver(sending: Sending): Progress {
    const { batch } = sending;
    for (; sending.next < batch.size && !batch.signal.aborted; sending.next++) {
      if (batch.skip(sending.next)) continue;
      if (!this.#isKnown && this.#inFlight.size > 0) return 'later';
      const error = this.#produce(sending, sending.next);
      if (error === undefined) continue;
      if (codeOf(error) === QUEUE_FULL) return 'later';
      batch.failed(sending.next, error);
      if (!(error instanceof PermanentSendError)) return 'halted';
    }
    return 'all';
  }

  #produce(sending: Sending, index: number): Error | undefined {
    const { batch } = sending;
    const sequence = ++this.#sequence;
    try {
      const message = batch.message(index);
      const { topic, partition, timestamp } = message;
      const [value, key] = [binary(message.value), binary(message.key)];
      this.#producer.produce(topic, partition, value, key, timestamp, sequence, textHeaders(message));
    } catch (thrown) {
      return this.#refusal(asError(thrown), () => batch.message(index));
    }
    this.#inFlight.set(sequence, { sending, index });
    sending.inFlight++;
    return undefined;
  }

  /** What `produce` throws has a true code. A queue that is full of nothing is too small for the message. */
  #refusal(thrown: Error, message: () => Message): Error {
    const code = codeOf(thrown);
    if (thrown instanceof PermanentSendError || !Number.isInteger(code)) return thrown;
    if (code === QUEUE_FULL && this.#inFlight.size === 0) return largerThanQueue(message(), this.#properties);
    return localError({ code, name: nameOf(code), text: thrown.message }, message, this.#properties);
  }
}

function finish(sending: Sending): void {
  sending.handedOver = true;
  if (sending.inFlight === 0) sending.settle();
}

const nameOf = (code: number): string => ERROR_TABLE.get(code)?.[1] ?? 'no name';

const codeOf = (error: unknown): number => {
  const { kafkaCode, code } = error as { kafkaCode?: unknown; code?: unknown };
  return Number(kafkaCode ?? code);
};
