/** One attempt at everything that may be attempted: hands batches over until one fails or nothing is left. */

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

/** How long what is in flight may take to come back after an attempt has ended. */
const RECALL_TIMEOUT_MS = 5000;
const RECALL_AT_STOP_MS = 100;
/** How long an answer is still awaited when nothing has moved for a whole attempt: a broker may have come back just now. */
const LAST_ANSWERS_MS = 5000;

/** The id of the message with this number of the producer. */
export type Identify = (sequence: number) => string;

export interface RoundContext {
  readonly transport: Transport;
  readonly window: Window;
  readonly topics: DefaultTopics;
  readonly identify: Identify;
  readonly attemptTimeoutMs: number;
  readonly clock: Clock;
  readonly events: DeliveryEvents;
  /** Aborted when everything is to end. */
  readonly stop: AbortSignal;
  /** Says that a record is beyond help on its own account. */
  condemn(ref: RecordRef, error: Error): void;
}

/** A failed record, or a failure that belongs to none (nothing moved). */
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

  /** `only` restricts the attempt to those records; the others wait. */
  constructor(context: RoundContext, only?: readonly RecordRef[]) {
    this.#context = context;
    this.#only = only;
  }

  /** Returns what failed, in no order; nothing means that no record is left that may be attempted. */
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

  /** New leases have come. */
  arrived(): void {
    this.#changed.notify();
  }

  /** Keeps as many batches in flight as the transport takes. Returns false when there is none. */
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
      // Without this a transport that does nothing would be called again for ever. What is given back after a failure
      // has no outcome either, and is none.
      if (batch.outcomes === 0 && this.#failures.length === 0 && !this.signal.aborted)
        this.#failures.push({ error: new TransientSendError('nothing was attempted') });
    } catch (error) {
      this.failed({ range, index: range.head }, asError(error));
    }
    this.#sends.delete(range);
    this.#changed.notify();
  }

  /** Waits for something to happen, or finds that nothing has for too long. */
  async #movement(): Promise<void> {
    const { clock, attemptTimeoutMs, transport } = this.#context;
    const before = this.#outcomes;
    const heldUpMs = () => transport._heldUpMs ?? 0;
    let waitMs = attemptTimeoutMs;
    while (waitMs > 0) {
      const heldUpBefore = heldUpMs();
      if ((await within(this.#changed.wait(), waitMs, { clock })) === 'done') return;
      if (this.#outcomes !== before) return;
      waitMs = heldUpMs() - heldUpBefore; // that is still to be waited
    }
    this.#isOverdue = true;
    this.#failures.push({ error: new TransientSendError(`no progress for ${attemptTimeoutMs} ms`) });
  }

  /** What is about to be known is awaited; then what is in flight is asked back, and ignored where it does not come. */
  async #recall(): Promise<void> {
    await this.#awaitKnown();
    if (this.#sends.size > 0) await this.#interrupt();
  }

  /** What a purge takes back may have arrived: it would be sent twice. */
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
      events.log('warn', { batches: this.#sends.size }, 'an attempt that was given up has not ended');
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

  /** Whether a record's turn is later. */
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
    if (this.#phase === 'ended') return; // the record is on its way again
    this.#context.events.attemptEnded();
    this.#outcomes++;
    if (condemns(error) === 'message') this.#context.condemn(ref, error);
    else this.#failures.push({ ref, error });
    this.#changed.notify();
  }
}

/**
 * A leased range in one round. A delivery that is reported late still counts: it happened, and a record settles once.
 * A failure that is reported late does not: the record is on its way again.
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
