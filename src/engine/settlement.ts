/** The one place where messages settle: queue, books and whoever waits learn of it together, once. */

import { asError, OutspoolError, type PublishOutcome } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { MessageQueue, RecordRange } from '../queue/message-queue.ts';
import type { DefaultTopics } from '../queue/record.ts';
import { OUTCOME, RECORD_STATE, type Slot } from '../queue/slot.ts';
import type { ReportMessage } from '../worker/protocol.ts';
import type { Accounting, Outcome } from './accounting.ts';
import type { DeliveryWaits } from './delivery-waits.ts';
import type { Latency } from './latency.ts';
import type { DeliveryReport } from './report.ts';

/** Told of every settled message, on the caller's thread: `error` is null for a delivered one. */
export type SettledListener = (error: Error | null, report: DeliveryReport) => void;

export interface SettlementContext {
  readonly queue: MessageQueue;
  readonly accounting: Accounting;
  readonly waits: DeliveryWaits;
  readonly latency: Latency;
  readonly topics: DefaultTopics;
  readonly listener: SettledListener | undefined;
  readonly logger: Logger;
  now(): number;
}

/** One record, and what is known about how it ended. */
export interface Settled {
  readonly slot: Slot;
  readonly index: number;
  readonly outcome: Outcome;
  readonly broker?: ReportMessage;
  readonly error?: Error;
}

const PUBLISH_OUTCOME: Readonly<Record<Exclude<Outcome, 'delivered'>, PublishOutcome>> = {
  deadLettered: 'dead_lettered',
  dropped: 'dropped',
  expired: 'withdrawn',
  undelivered: 'undelivered',
};

export class Settlement {
  readonly #context: SettlementContext;

  constructor(context: SettlementContext) {
    this.#context = context;
  }

  /** Settles what the worker has marked as delivered in a lease. Returns whether the lease is over. */
  collect({ slot, from, count }: RecordRange, reports: ReadonlyMap<number, ReportMessage>): boolean {
    const acceptedAt = slot.acceptedAt(from);
    let open = 0;
    let delivered = 0;
    for (let index = from; index < from + count; index++) {
      if (slot.states[index] !== RECORD_STATE.leased) continue;
      if (slot.outcomes[index] !== OUTCOME.delivered) open++;
      else if (++delivered) this.#delivered(slot, index, reports.get(index - from));
    }
    if (delivered > 0) this.#context.latency.record(this.#context.now() - acceptedAt);
    return open === 0;
  }

  #delivered(slot: Slot, index: number, broker: ReportMessage | undefined): void {
    const { waits, listener } = this.#context;
    if (listener !== undefined || (waits.size > 0 && waits.has(slot.firstSequence + index)))
      this.settle({ slot, index, outcome: 'delivered', ...(broker && { broker }) });
    else this.#record(slot, index, 'delivered');
  }

  /** Settles one message, if it has not settled before. */
  settle(settled: Settled): void {
    const { slot, index, outcome } = settled;
    const sequence = slot.firstSequence + index;
    const wanted = this.#context.listener !== undefined || this.#context.waits.has(sequence);
    // The record's memory may be used again as soon as it has settled.
    const report = wanted ? this.#report(settled) : undefined;
    if (this.#record(slot, index, outcome) && report !== undefined) this.#tell(sequence, settled, report);
  }

  #record(slot: Slot, index: number, outcome: Outcome): boolean {
    const { queue, accounting } = this.#context;
    if (!queue.settle(slot, index, RECORD_STATE[outcome])) return false;
    accounting.counts[outcome]++;
    return true;
  }

  #report({ slot, index, broker }: Settled): DeliveryReport {
    const { topics, now } = this.#context;
    const message = slot.records.decode(slot.offsets[index] as number, topics);
    return {
      topic: message.topic,
      partition: broker?.partition ?? null,
      offset: broker === undefined || broker.offset < 0 ? null : broker.offset,
      latencyMs: now() - slot.acceptedAt(index),
      message,
    };
  }

  #tell(sequence: number, { outcome, error }: Settled, report: DeliveryReport): void {
    const { waits, listener, logger } = this.#context;
    if (outcome === 'delivered') waits.delivered(sequence, report);
    else waits.failed(sequence, PUBLISH_OUTCOME[outcome], error);
    const failure =
      outcome === 'delivered' ? null : (error ?? new OutspoolError(`message ${PUBLISH_OUTCOME[outcome]}`));
    const threw = (thrown: unknown) => logger.error({ err: asError(thrown).message }, 'deliveryReport() threw');
    try {
      // It returns nothing; an async one returns a promise all the same.
      const returned: unknown = listener?.(failure, report);
      if (returned instanceof Promise) returned.catch(threw);
    } catch (thrown) {
      threw(thrown);
    }
  }
}
