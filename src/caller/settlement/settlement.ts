/** Settles messages, each once, on the application's thread. Queue, counters, waiting callers and listeners are all updated here. */

import { errorText } from '../../shared/error-text.ts';
import { asError, OutspoolError, type PublishOutcome } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type DefaultTopics, RecordMemory } from '../../shared/memory/record.ts';
import { OUTCOME, RECORD_STATE, type Slot } from '../../shared/memory/slot.ts';
import type { Message } from '../../shared/message/message.ts';
import type { ReportMessage } from '../../shared/protocol.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue, RecordRange } from '../queue/message-queue.ts';
import type { Accounting, Outcome } from './accounting.ts';
import type { DeliveryWaits } from './delivery-waiters.ts';
import type { Latency } from './latency.ts';
import type { DeliveryReport } from './report.ts';

/** Gets a report on every settled message, on the caller's thread. `error` is null for a delivered one. */
export type SettledListener = (error: Error | null, report: DeliveryReport) => void;

/** The final state of a message, as a caller sees it. */
export interface Ending {
  readonly outcome: PublishOutcome | 'delivered';
  /** Whether a caller waits for the message and so gets its final state. */
  readonly isAwaited: boolean;
}

/** The same as `SettledListener`, for listeners within the library. */
export type EndingListener = (error: Error | null, report: DeliveryReport, ending: Ending) => void;

export interface SettlementContext {
  readonly queue: MessageQueue;
  readonly accounting: Accounting;
  readonly waits: DeliveryWaits;
  readonly latency: Latency;
  readonly topics: DefaultTopics;
  /** The producer's name. */
  readonly producer: string;
  readonly listeners: readonly EndingListener[];
  readonly logger: Logger;
  readonly ids: Pick<MessageIds, 'of' | 'forget'>;
  now(): number;
  /** Tells the spool that it no longer needs the message, which may be on disk as well. */
  forget(sequence: number): void;
}

/** One record, with its final state and what is known about it. */
export interface Settled {
  readonly slot: Slot;
  readonly index: number;
  readonly outcome: Outcome;
  readonly broker?: ReportMessage;
  readonly error?: Error;
}

/** Where the broker stored a message. */
type Placed = Pick<ReportMessage, 'partition' | 'offset' | 'timestamp'>;

/** One message that was on disk only, with its packed record. */
export interface SettledSpilled extends Pick<Settled, 'outcome' | 'error'> {
  readonly sequence: number;
  readonly record: Uint8Array;
  readonly broker?: Placed;
  readonly id?: string;
}

const PUBLISH_OUTCOME: Readonly<Record<Exclude<Outcome, 'delivered'>, PublishOutcome>> = {
  deadLettered: 'dead_lettered',
  dropped: 'dropped',
  expired: 'withdrawn',
  undelivered: 'undelivered',
  spooled: 'spooled',
};

/** Outcomes that the caller's side decides; it must tell the spool. The worker records deliveries itself. */
const FORGOTTEN: ReadonlySet<Outcome> = new Set(['deadLettered', 'dropped']);

/** The broker's reports on the records of a lease, by index in the lease; `final`: no report can come any more. */
export type Reports = ReadonlyMap<number, ReportMessage> | 'final';

const reportOf = (reports: Reports, index: number) => (reports === 'final' ? 'none' : reports.get(index));

export class Settlement {
  readonly #context: SettlementContext;

  constructor(context: SettlementContext) {
    this.#context = context;
  }

  /**
   * Settles the messages of a lease that the worker has marked as delivered. Returns whether the lease is over. A mark may be visible
   * before the broker's report arrives. A message that needs a report stays pending until then, unless none can come (`final`).
   */
  collect({ slot, from, count }: RecordRange, reports: Reports): boolean {
    const acceptedAt = slot.acceptedAt(from);
    let open = 0;
    let delivered = 0;
    for (let index = from; index < from + count; index++) {
      if (slot.states[index] !== RECORD_STATE.leased) continue;
      if (slot.outcomes[index] === OUTCOME.delivered && this.#delivered(slot, index, reportOf(reports, index - from)))
        delivered++;
      else open++;
    }
    if (delivered > 0) this.#context.latency.record(this.#context.now() - acceptedAt);
    return open === 0;
  }

  /** Settles a delivered message. Returns false if its report is needed and has not arrived. */
  #delivered(slot: Slot, index: number, broker: ReportMessage | 'none' | undefined): boolean {
    if (!this.#wanted(slot.firstSequence + index)) return this.#record(slot, index, 'delivered');
    if (broker === undefined) return false;
    this.settle({ slot, index, outcome: 'delivered', ...(broker !== 'none' && { broker }) });
    return true;
  }

  /** Whether a caller or a listener needs a report on this message. Its record has `FLAG_REPORT` then, so the worker sends one. */
  #wanted(sequence: number): boolean {
    const { waits, listeners } = this.#context;
    return listeners.length > 0 || (waits.size > 0 && waits.has(sequence));
  }

  /** Settles one message, if it has not settled before. `soon` calls the listeners. */
  settle(settled: Settled, soon: (call: () => void) => void = (call) => call()): void {
    const { slot, index, outcome } = settled;
    const sequence = slot.firstSequence + index;
    // The report comes first, because the record's memory may be used again as soon as the message has settled.
    const report = this.#wanted(sequence) ? orError(() => this.#report(settled)) : undefined;
    if (this.#record(slot, index, outcome) && report !== undefined) soon(() => this.#tell(sequence, settled, report));
  }

  /**
   * Settles a message that is dropped for a newer one, which is about to be written. The listeners are called after that write, because
   * they may produce messages or change the newer message's bytes.
   */
  drop(sequence: number): void {
    const slot = this.#context.queue.slotOf(sequence);
    if (slot) this.settle({ slot, index: sequence - slot.firstSequence, outcome: 'dropped' }, queueMicrotask);
  }

  /** Settles a message that was on disk only. */
  settleSpilled(settled: SettledSpilled): void {
    const { sequence, outcome, record, broker, error, id } = settled;
    this.countSpilled(outcome, 1);
    if (!this.#wanted(sequence)) return;
    const report = orError(() => {
      const records = new RecordMemory(new Uint8Array(record).buffer);
      return this.#reportOn(records.decode(0, this.#context.topics, id), broker, null);
    });
    this.#tell(sequence, { outcome, ...(error && { error }) }, report);
  }

  /** Counts settled messages that were on disk only, without a report. */
  countSpilled(outcome: Outcome, count: number): void {
    this.#context.accounting.counts[outcome] += count;
  }

  /** Counts `count` lost messages, which were on disk only and cannot be read any more. Their numbers lie within `run`. */
  loseSpilled(run: NumberRun, count: number): void {
    this.countSpilled('dropped', count);
    this.#context.waits.end('dropped', run);
  }

  /** Counts the messages that are left on disk only when the producer has ended. */
  leaveSpilled(count: number, error?: Error): void {
    this.countSpilled('spooled', count);
    this.#context.waits.end('spooled', undefined, error);
  }

  #record(slot: Slot, index: number, outcome: Outcome): boolean {
    const { queue, accounting, forget } = this.#context;
    const sequence = slot.firstSequence + index; // read first, because the slot may hold other messages once this one has settled
    if (!queue.settle(slot, index, RECORD_STATE[outcome])) return false;
    accounting.counts[outcome]++;
    this.#context.ids.forget(sequence);
    if (FORGOTTEN.has(outcome)) forget(sequence);
    return true;
  }

  #report({ slot, index, broker }: Settled): DeliveryReport {
    const { topics, now, ids } = this.#context;
    const id = broker?.id ?? ids.of(slot.firstSequence + index);
    const message = slot.records.decode(slot.offsets[index] as number, topics, id);
    return this.#reportOn(message, broker, now() - slot.acceptedAt(index));
  }

  #reportOn(message: Message, broker: Placed | undefined, latencyMs: number | null): DeliveryReport {
    return {
      producer: this.#context.producer,
      topic: message.topic,
      partition: known(broker?.partition),
      offset: known(broker?.offset),
      timestamp: known(broker?.timestamp),
      latencyMs,
      message,
    };
  }

  #tell(sequence: number, settled: Pick<Settled, 'outcome' | 'error'>, report: DeliveryReport | Error): void {
    if (report instanceof Error) this.#tellNothing(sequence, settled.outcome, report);
    else this.#tellAll(sequence, settled, report);
  }

  #tellAll(sequence: number, { outcome, error }: Pick<Settled, 'outcome' | 'error'>, report: DeliveryReport): void {
    const { waits, listeners } = this.#context;
    const ending: Ending = {
      outcome: outcome === 'delivered' ? outcome : PUBLISH_OUTCOME[outcome],
      isAwaited: waits.has(sequence),
    };
    if (ending.outcome === 'delivered') waits.delivered(sequence, report);
    else waits.failed(sequence, ending.outcome, error);
    const failure = ending.outcome === 'delivered' ? null : (error ?? new OutspoolError(`message ${ending.outcome}`));
    for (const listener of listeners) this.#call(() => listener(failure, report, ending));
  }

  /** Rejects the wait for a settled message whose report could not be made. */
  #tellNothing(sequence: number, outcome: Outcome, error: Error): void {
    const { waits, logger, producer } = this.#context;
    logger.error({ producer, outcome, err: error.message }, 'no report could be made on a settled message');
    waits.failed(sequence, outcome === 'delivered' ? 'unknown' : PUBLISH_OUTCOME[outcome], error);
  }

  /** Calls a listener. An error that it throws affects neither the message nor the other listeners. */
  #call(tell: () => unknown): void {
    const { logger, producer } = this.#context;
    const threw = (thrown: unknown) => logger.error({ producer, err: errorText(thrown) }, 'deliveryReport() threw');
    try {
      // A listener returns nothing, but an async one returns a promise.
      const returned = tell();
      if (returned instanceof Promise) returned.catch(threw);
    } catch (thrown) {
      threw(thrown);
    }
  }
}

/** Returns the error if the report cannot be made, for example because there is no memory for its copy of the message. */
function orError(make: () => DeliveryReport): DeliveryReport | Error {
  try {
    return make();
  } catch (error) {
    return asError(error);
  }
}

/** Returns null for a negative number, by which a client reports that it does not know. */
const known = (figure: number | undefined): number | null => (figure === undefined || figure < 0 ? null : figure);
