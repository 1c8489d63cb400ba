/** A round: one attempt at all records that may be attempted. It passes batches to the transport until one fails or none is left. */

import { condemns } from '../../shared/classify-error.ts';
import { asError, TransientSendError } from '../../shared/errors.ts';
import type { DefaultTopics } from '../../shared/memory/record.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch, BrokerReport, Transport } from '../../shared/transport.ts';
import { onAbort } from '../../shared/util/abort.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { within } from '../../shared/util/within.ts';
import type { DeliveryEvents } from './events.ts';
import { type LeasedRange, type RecordRef, sameRecord } from './leased-range.ts';
import { Notifier } from './notifier.ts';
import type { Window } from './window.ts';

/** Maximum time in ms that `_sendBatch` may take to resolve once it was interrupted, after a failure and when the loop stops. */
const RECALL_TIMEOUT_MS = 5000;
const RECALL_AT_STOP_MS = 100;
/** Maximum time in ms for answers after a whole attempt timeout without progress. The broker may just have come back. */
const LAST_ANSWERS_MS = 5000;

/** Returns the id of the message with this sequence number of the producer. */
export type Identify = (sequence: number) => string;

export interface RoundContext {
  readonly transport: Transport;
  readonly window: Window;
  readonly topics: DefaultTopics;
  readonly identify: Identify;
  readonly attemptTimeoutMs: number;
  readonly clock: Clock;
  readonly events: DeliveryEvents;
  /** Aborted when the loop stops. */
  readonly stop: AbortSignal;
  /** Reports that a record failed permanently by itself, not as a part of a set. */
  failPermanently(ref: RecordRef, error: Error): void;
}

/** A failed record, or a failure without a record, as when there was no progress. */
export interface Failure {
  readonly ref?: RecordRef;
  readonly error: Error;
}

export class Round {
  readonly #context: RoundContext;
  readonly #only: readonly RecordRef[] | undefined;
  readonly #sends = new Map<LeasedRange, Promise<void>>();
  readonly #failures: Failure[] = [];
  readonly #changed = new Notifier();
  readonly #over = new AbortController();
  #outcomes = 0;
  #isOverdue = false;
  #phase: 'running' | 'ended' = 'running';

  /** `only` restricts the round to these records. All others wait. */
  constructor(context: RoundContext, only?: readonly RecordRef[]) {
    this.#context = context;
    this.#only = only;
  }

  /** Returns the failures, in no order. An empty array means that no record is left that may be attempted. */
  async run(): Promise<readonly Failure[]> {
    const { stop } = this.#context;
    const forget = onAbort(stop, () => this.#changed.notify());
    try {
      while (this.#failures.length === 0 && !stop.aborted && this.#handOver()) await this.#movement();
      if (this.#sends.size > 0) await this.#recall();
    } finally {
      this.#phase = 'ended';
      this.#over.abort();
      forget();
    }
    return this.#failures;
  }

  /** Wakes the round, because new leases have come. */
  arrived(): void {
    this.#changed.notify();
  }

  /** Keeps as many batches in flight as the transport takes. Returns false when none is in flight. */
  #handOver(): boolean {
    const { window, transport } = this.#context;
    const atMost = transport.batchesInFlight ?? 1;
    for (let range = this.#next(window); range !== undefined && this.#sends.size < atMost; range = this.#next(window))
      this.#sends.set(range, this.#send(range));
    return this.#sends.size > 0;
  }

  #next(window: Window): LeasedRange | undefined {
    if (this.#only === undefined) return window.next(this.#sends);
    return this.#only.find(({ range, index }) => !range.settled(index) && !this.#sends.has(range))?.range;
  }

  async #send(range: LeasedRange): Promise<void> {
    const batch = new BatchAttempt(range, this);
    try {
      await this.#context.transport._sendBatch(batch);
      // Without this failure, a transport that does nothing would be called again without end. A batch that is returned unsent
      // after a failure has no outcome either, and is not a failure.
      if (batch.outcomes === 0 && this.#failures.length === 0 && !this.signal.aborted)
        this.#failures.push({ error: new TransientSendError('nothing was attempted') });
    } catch (error) {
      this.failed({ range, index: range.head }, asError(error));
    }
    this.#sends.delete(range);
    this.#changed.notify();
  }

  /** Waits for an outcome, a new lease or a finished batch. Records a failure if nothing comes within the attempt timeout. */
  async #movement(): Promise<void> {
    const { clock, attemptTimeoutMs, transport } = this.#context;
    const before = this.#outcomes;
    const heldUpMs = () => transport._heldUpMs ?? 0;
    let waitMs = attemptTimeoutMs;
    while (waitMs > 0) {
      const heldUpBefore = heldUpMs();
      if ((await within(this.#changed.wait(), waitMs, { clock })) === 'done') return;
      if (this.#outcomes !== before) return;
      waitMs = heldUpMs() - heldUpBefore; // time that the server held the producer up, which does not count
    }
    this.#isOverdue = true;
    this.#failures.push({ error: new TransientSendError(`no progress for ${attemptTimeoutMs} ms`) });
  }

  /**
   * Ends the batches in flight. It first waits for answers that are about to come, then interrupts the transport and ignores
   * batches that do not return.
   */
  async #recall(): Promise<void> {
    await this.#awaitKnown();
    if (this.#sends.size > 0) await this.#interrupt();
  }

  /** Waits for answers, because a message that the client purges may have arrived at the broker. Its retry would then be a duplicate. */
  async #awaitKnown(): Promise<void> {
    const { transport, clock, stop, attemptTimeoutMs } = this.#context;
    if (transport._recall === undefined || stop.aborted) return;
    transport._recall();
    const patienceMs = this.#isOverdue ? Math.min(attemptTimeoutMs, LAST_ANSWERS_MS) : attemptTimeoutMs;
    await within(Promise.all(this.#sends.values()), patienceMs, { clock, stop });
  }

  async #interrupt(): Promise<void> {
    const { transport, clock, events, stop } = this.#context;
    transport._interrupt?.();
    const deadline = stop.aborted ? RECALL_AT_STOP_MS : RECALL_TIMEOUT_MS;
    this.#over.abort();
    if ((await within(Promise.all(this.#sends.values()), deadline, { clock })) === 'late')
      events.log('warn', { batches: this.#sends.size }, 'an abandoned attempt has not ended');
  }

  id({ range, index }: RecordRef): string {
    return this.#context.identify(range.sequence + index);
  }

  message(ref: RecordRef): Message {
    return ref.range.message(ref.index, this.#context.topics, this.id(ref));
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether a record is to wait for a later round. */
  waits(ref: RecordRef): boolean {
    return this.#only !== undefined && !this.#only.some((one) => sameRecord(one, ref));
  }

  attempting(range: LeasedRange, index: number): void {
    this.#context.events.attempting(range, index);
  }

  delivered(range: LeasedRange, index: number, report?: BrokerReport): void {
    this.#outcomes++;
    this.#context.events.delivered(range, index, report);
  }

  failed(ref: RecordRef, error: Error): void {
    if (this.#phase === 'ended') return; // the record is already being retried
    this.#context.events.attemptEnded();
    this.#outcomes++;
    if (condemns(error) === 'message') this.#context.failPermanently(ref, error);
    else this.#failures.push({ ref, error });
    this.#changed.notify();
  }
}

/**
 * A leased range in one round. A delivery that is reported late still counts, because it happened and a record settles once. A
 * late failure does not count, because the record is already being retried.
 */
class BatchAttempt implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly signal: AbortSignal;
  readonly #range: LeasedRange;
  readonly #round: Round;
  readonly #failed = new Set<number>();
  outcomes = 0;

  constructor(range: LeasedRange, round: Round) {
    this.size = range.size;
    this.memory = range.memory;
    this.offsets = range.offsets;
    this.sequence = range.sequence;
    this.signal = round.signal;
    this.#range = range;
    this.#round = round;
  }

  skip(index: number): boolean {
    return this.#range.settled(index) || this.#round.waits({ range: this.#range, index });
  }

  id(index: number): string {
    return this.#round.id({ range: this.#range, index });
  }

  message(index: number): Message {
    return this.#round.message({ range: this.#range, index });
  }

  attempting(index: number): void {
    this.#round.attempting(this.#range, index);
  }

  delivered(index: number, report?: BrokerReport): void {
    if (!this.#range.settle(index, 'delivered')) return;
    this.outcomes++;
    this.#round.delivered(this.#range, index, report);
  }

  failed(index: number, error: Error): void {
    if (this.#range.settled(index) || this.#failed.has(index)) return;
    this.#failed.add(index);
    this.outcomes++;
    this.#round.failed({ range: this.#range, index }, error);
  }
}
