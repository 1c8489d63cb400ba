/** Settles messages, each once, on the application's thread. Queue, counters, waiting callers and listeners are all updated here. */

import { errorText } from '../../shared/error-text.ts';
import { asError, OutspoolError, type PublishOutcome } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type DefaultTopics, packedIn } from '../../shared/memory/record.ts';
import { OUTCOME, RECORD_STATE, type Slot } from '../../shared/memory/slot.ts';
import type { ReportMessage } from '../../shared/protocol.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { publishSettled } from '../metrics/channels.ts';
import type { AcceptanceTimes } from '../queue/acceptance-times.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue, RecordRange } from '../queue/message-queue.ts';
import type { OnDiskOnly } from '../spool/on-disk-only.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
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
  readonly onDiskOnly: OnDiskOnly;
  readonly accounting: Accounting;
  readonly waits: DeliveryWaits;
  readonly latency: Latency;
  /** Returns when a message was accepted that is on disk only. */
  readonly times: Pick<AcceptanceTimes, 'of'>;
  readonly topics: DefaultTopics;
  /** The producer's name. */
  readonly producer: string;
  readonly listeners: readonly EndingListener[];
  readonly logger: Logger;
  readonly ids: Pick<MessageIds, 'of' | 'forget'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Undefined where OpenTelemetry was not passed in. */
  readonly telemetry?: Pick<Telemetry, 'needsReport' | 'ending'> | undefined;
  /** Tells the spool that it no longer needs the message, which may be on disk as well. */
  forget(sequence: number): void;
  /** A message has settled by being withdrawn. */
  progressed(): void;
}

/** One message, in memory or on disk only, with its final state. */
export interface Settled {
  readonly sequence: number;
  readonly outcome: Outcome;
  readonly error?: Error | undefined;
  /** What the worker reported on the message. Without it, nothing can be told about a message on disk only. */
  readonly worker?: ReportMessage | undefined;
}

const PUBLISH_OUTCOME: Readonly<Record<Exclude<Outcome, 'delivered'>, PublishOutcome>> = {
  deadLettered: 'dead_lettered',
  dropped: 'dropped',
  expired: 'withdrawn',
  undelivered: 'undelivered',
  spooled: 'spooled',
};

/** Outcomes that the caller's side decides; it must tell the spool. The worker records deliveries itself. */
const FORGOTTEN: ReadonlySet<Outcome> = new Set(['deadLettered', 'dropped', 'expired']);

/** Why a caller that waits for a delivered message gets no report. */
const REPORT_LOST = new OutspoolError('it was lost when the worker died');

/** When listeners are called. */
type Soon = (call: () => void) => void;

const atOnce: Soon = (call) => call();

/** The worker's reports by sequence number; `final`: no report can come any more. */
export type Reports = ReadonlyMap<number, ReportMessage> | 'final';

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
      if (slot.outcomes[index] === OUTCOME.delivered && this.#delivered(slot, index, reports)) delivered++;
      else open++;
    }
    if (delivered > 0) this.#context.latency.record(this.#context.clock.now() - acceptedAt, delivered);
    return open === 0;
  }

  /** Settles a delivered message. Returns false if its report is needed and has not arrived. */
  #delivered(slot: Slot, index: number, reports: Reports): boolean {
    const sequence = slot.firstSequence + index;
    if (!this.#wanted(sequence) && this.#context.telemetry?.needsReport(sequence) !== true)
      return this.#record(slot, sequence, 'delivered');
    const worker = reports === 'final' ? undefined : reports.get(sequence);
    if (worker === undefined && reports !== 'final') return false;
    this.#settle(slot, { sequence, outcome: 'delivered', worker }, atOnce);
    return true;
  }

  /** Whether a caller or a listener needs a report on this message. Its record has `FLAG_REPORT` then, so the worker sends one. */
  #wanted(sequence: number): boolean {
    const { waits, listeners } = this.#context;
    return listeners.length > 0 || (waits.size > 0 && waits.has(sequence));
  }

  /** Settles one message. Returns false if it had settled before. `soon` calls the listeners. */
  settle(settled: Settled, soon: Soon = atOnce): boolean {
    return this.#settle(this.#context.queue.slotOf(settled.sequence), settled, soon);
  }

  /** The slot is undefined for a message that is on disk only, or has settled. */
  #settle(slot: Slot | undefined, settled: Settled, soon: Soon): boolean {
    const { sequence, outcome } = settled;
    // The report comes first, because the record's memory may be used again as soon as the message has settled.
    const report = this.#wanted(sequence) ? orError(() => this.#report(settled, slot)) : undefined;
    const ending = this.#context.telemetry?.ending(settled);
    const isFirst = this.#record(slot, sequence, outcome);
    if (isFirst && slot === undefined && outcome === 'delivered') this.#measureLate(sequence, 1);
    if (isFirst && ending !== undefined) soon(ending);
    if (isFirst && report !== undefined) soon(() => this.#tell(settled, report));
    return isFirst;
  }

  /** Measures messages that were on disk only. Those of an earlier run have numbers below 0, and their times are not known. */
  #measureLate(first: number, messages: number): void {
    const { times, latency, clock } = this.#context;
    const acceptedAt = first < 0 ? undefined : times.of(first);
    if (acceptedAt !== undefined && messages > 0) latency.recordLate(clock.now() - acceptedAt, messages);
  }

  /**
   * Settles a message that is dropped for a newer one, which is about to be written. The listeners are called after that write, because
   * they may produce messages or change the newer message's bytes.
   */
  drop(sequence: number): void {
    this.settle({ sequence, outcome: 'dropped' }, queueMicrotask);
  }

  /** Withdraws a message for a caller that no longer waits. Returns false if a worker has had it, or if it has settled. */
  withdraw(sequence: number): boolean {
    if (!this.#context.queue.settleQueued(sequence, RECORD_STATE.expired)) return false;
    const ending = this.#context.telemetry?.ending({ sequence, outcome: 'expired' });
    this.#count(sequence, 'expired');
    ending?.();
    this.#context.progressed();
    return true;
  }

  /**
   * Settles the messages of a run that are on disk only, without reports. Reports on delivered messages come before the run. So a
   * caller that still waits for a delivered message gets no report any more.
   */
  settleRun(run: NumberRun, outcome: 'delivered' | 'dropped' | 'spooled', error?: Error): void {
    const { onDiskOnly, accounting, waits, producer } = this.#context;
    const oldest = onDiskOnly.firstIn(run) ?? run[0];
    const settled = onDiskOnly.delete(run);
    accounting.counts[outcome] += settled;
    if (settled > 0) publishSettled(producer, outcome, ...run, settled);
    if (outcome === 'delivered') this.#measureLate(oldest, settled);
    if (outcome !== 'delivered') waits.end(outcome, run, error);
    // A run with no message on disk only is that of a lease that is over. Dead letters of its messages may still be pending.
    else if (settled > 0) waits.end('unknown', run, REPORT_LOST);
  }

  /** Gives a message its final state, in its slot or else on disk only. Returns false if it had settled before. */
  #record(slot: Slot | undefined, sequence: number, outcome: Outcome): boolean {
    const { queue, onDiskOnly } = this.#context;
    const isFirst = slot
      ? queue.settle(slot, sequence - slot.firstSequence, RECORD_STATE[outcome])
      : onDiskOnly.settle(sequence);
    if (isFirst) this.#count(sequence, outcome);
    return isFirst;
  }

  #count(sequence: number, outcome: Outcome): void {
    const { accounting, ids, forget, producer } = this.#context;
    accounting.counts[outcome]++;
    publishSettled(producer, outcome, sequence);
    ids.forget(sequence);
    if (FORGOTTEN.has(outcome)) forget(sequence);
  }

  #report({ sequence, worker }: Settled, slot: Slot | undefined): DeliveryReport {
    const { producer, topics, clock, ids } = this.#context;
    const { records, offset } = slot?.recordOf(sequence) ?? packedIn(worker?.record as Uint8Array);
    const message = records.decode(offset, topics, worker?.id ?? ids.of(sequence));
    return {
      producer,
      topic: message.topic,
      partition: known(worker?.partition),
      offset: known(worker?.offset),
      timestamp: known(worker?.timestamp),
      latencyMs: slot ? clock.now() - slot.acceptedAt(sequence - slot.firstSequence) : null,
      message,
    };
  }

  #tell(settled: Settled, report: DeliveryReport | Error): void {
    if (report instanceof Error) this.#tellNothing(settled, report);
    else this.#tellAll(settled, report);
  }

  #tellAll({ sequence, outcome, error }: Settled, report: DeliveryReport): void {
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
  #tellNothing({ sequence, outcome }: Settled, error: Error): void {
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
