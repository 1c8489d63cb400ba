/**
 * The caller's side of the spool, on the application's thread. Messages whose memory was given back are known here by number only. They
 * stay pending until the worker reports their final state. Messages that the worker has written to disk outlive both the worker and
 * this process.
 */

import { type PublishError, SpoolFullError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { RECORD_STATE } from '../../shared/memory/slot.ts';
import type { FromSpool, Handover, SpoolStart, ToWorker } from '../../shared/protocol.ts';
import { countOf, type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';
import { SpoolWords } from '../../shared/spool-progress.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { deferred } from '../../shared/util/deferred.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import { fromWire } from '../../shared/wire-error.ts';
import { lockSpool, type SpoolLock } from '../../spool/lock.ts';
import type { Life } from '../producer-state.ts';
import type { AcceptanceTimes } from '../queue/acceptance-times.ts';
import type { Leases } from '../queue/leases.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Accounting } from '../settlement/accounting.ts';
import type { Settlement } from '../settlement/settlement.ts';
import type { Usage } from '../stats.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { Relief } from './memory-relief.ts';
import type { OnDiskOnly } from './on-disk-only.ts';
import { StoredWaits } from './stored-waiters.ts';
import { WriteRetry } from './write-retry.ts';

export type SpoolOptions = Pick<SpoolStart, 'directory' | 'maxBytes' | 'syncIntervalMs' | 'directRanges'>;

export interface SpoolingContext {
  readonly options: SpoolOptions;
  readonly producer: string;
  readonly queue: MessageQueue;
  readonly onDiskOnly: OnDiskOnly;
  readonly leases: Leases;
  readonly accounting: Accounting;
  readonly settlement: Pick<Settlement, 'settleRun' | 'withdraw'>;
  readonly life: Pick<Life, 'isConnected'>;
  readonly times: Pick<AcceptanceTimes, 'recovered'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Undefined where no spans are made. */
  readonly tracing?: Pick<Tracing, 'onDiskOnly'> | undefined;
  readonly highWaterMark: number;
  /** Whether a caller that finds queue and spool full waits for capacity. */
  readonly blocks: boolean;
  post(message: ToWorker): void;
  /** There may be messages to lease, and messages may have settled. */
  moved(): void;
}

export class Spooling {
  readonly #context: SpoolingContext;
  readonly #words = new SpoolWords();
  readonly #waits: StoredWaits;
  readonly #relief: Relief;
  readonly #retry: WriteRetry;
  readonly #closed = deferred<void>();
  #lock: SpoolLock | undefined;
  /** The worker reads messages that are on disk only if their sequence is below this. */
  #readBefore = Infinity;
  #confirming = false;
  /**
   * opening: no worker has yet reported what is in the files · open: a replacement of the worker gets a handover · over: the
   * producer has ended, and its counters no longer change.
   */
  #phase: 'opening' | 'open' | 'over' = 'opening';

  constructor(context: SpoolingContext) {
    const { producer, logger, leases } = context;
    this.#context = context;
    this.#waits = new StoredWaits(context.settlement);
    this.#retry = new WriteRetry({ producer, logger, leases, again: () => this.#writeAgain() });
    this.#relief = new Relief({ ...context, directRanges: context.options.directRanges });
  }

  /** Locks the spool's directory. @throws SpoolLockedError if another producer has locked it */
  #takeDirectory(): void {
    this.#lock ??= lockSpool(this.#context.options.directory);
  }

  /** Returns what a worker that starts now needs of the spool. @throws SpoolLockedError */
  begin(): SpoolStart {
    this.#takeDirectory();
    const { options } = this.#context;
    this.#readBefore = this.#phase === 'open' ? this.#limit(this.#context.queue.oldestQueued()) : Infinity;
    return { ...options, words: this.#words.shared, ...(this.#phase === 'open' && { handover: this.#handover }) };
  }

  /** Whether messages on disk only wait for older messages that a dead worker had, because those cannot be leased all at once. */
  get isHolding(): boolean {
    return this.#readBefore !== Infinity;
  }

  /** All messages below `before` have been leased again. Undefined means all that there are. */
  leasedAgain(before: number | undefined): void {
    const limit = this.#limit(before);
    if (limit <= this.#readBefore) return;
    this.#readBefore = limit;
    this.#context.post({ type: 'feed', before: limit });
  }

  /** Returns Infinity if no message on disk only has a sequence of `before` or above, because then none has to wait. */
  #limit(before = Infinity): number {
    const { last = -Infinity } = this.#context.onDiskOnly;
    return before > last ? Infinity : before;
  }

  get #handover(): Handover {
    const { all, backlog, poison } = this.#context.onDiskOnly;
    const pending = new NumberRuns(all);
    this.#context.queue.forEachPending((sequence) => pending.add([sequence, sequence]));
    return { backlog, poison, readBefore: this.#readBefore, pending: pending.all };
  }

  /** Whether a write has failed and is to be retried. Until then no message is leased. */
  get isStuck(): boolean {
    return this.#retry.isWaiting;
  }

  /** Why no message is written at the moment; undefined while the spool works. */
  get trouble(): string | undefined {
    return this.#retry.refusal?.message ?? (this.#phase === 'opening' ? 'it is being opened' : undefined);
  }

  /** All messages with sequences below this are in the spool's files. */
  get written(): number {
    return this.#words.isOpen ? this.#words.written : 0;
  }

  /** Size on disk in bytes, and its bound. */
  get usage(): Usage {
    return { bytes: this.#words.bytes, maxBytes: this.#context.options.maxBytes };
  }

  /** Whether message `sequence` is in the spool's files. */
  has(sequence: number): boolean {
    return sequence < this.written;
  }

  /** Stops all further writes, so that the answer of `has` no longer changes. */
  seal(): void {
    this.#words.seal();
  }

  /** Resolves when message `sequence` is on disk. @throws PublishError */
  async stored(sequence: number, options: WaitOptions): Promise<void> {
    if (this.#words.isOpen && sequence < this.#words.synced) return;
    const stored = this.#waits.until(sequence, options);
    this.#confirmSoon();
    await stored;
  }

  /** Sends one request, behind their leases, for all callers that began to wait in this turn of the event loop. */
  #confirmSoon(): void {
    if (this.#confirming) return;
    this.#confirming = true;
    setImmediate(() => {
      this.#confirming = false;
      if (!this.#waits.isEmpty) this.#context.post({ type: 'confirm' });
    });
  }

  /** The worker has received leases, and callers may wait until one of them is on disk. */
  leased(): void {
    if (!this.#waits.isEmpty) this.#confirmSoon();
    this.#relief.consider();
  }

  /** The state of the connection has changed. */
  connection(): void {
    this.#relief.consider();
  }

  /** A caller has waited long for capacity. */
  waitedLong(): void {
    this.#relief.now();
  }

  /** Handles a message of the worker about the spool. Messages after the end are ignored, because the counters are final then. */
  receive(message: FromSpool): void {
    if (this.#phase === 'over') return;
    if (message.type === 'recovered') this.#recovered(message.messages);
    else if (message.type === 'written') this.#written(message.leases);
    else if (message.type === 'stored') this.#waits.stored(message.before);
    else if (message.type === 'unconfirmed') this.#unconfirmed(message.before, fromWire(message.error));
    else if (message.type === 'onDiskOnly') this.#keepOnDiskOnly(message.leases);
    else if (message.type === 'unstored') this.#unstored(message.leases, fromWire(message.error));
    else if (message.type === 'spoolClosed') this.#closed.resolve();
    else if (message.type === 'spoolTrouble') this.#say(message);
    else if (message.type === 'unused') this.#unused(message.messages);
    else for (const run of message.messages) this.#context.settlement.settleRun(run, 'dropped');
    this.#context.moved();
  }

  #recovered(messages: readonly NumberRun[]): void {
    const { accounting, logger, producer, onDiskOnly, times, clock } = this.#context;
    this.#phase = 'open';
    for (const run of messages) onDiskOnly.add(run);
    const recovered = countOf(messages);
    accounting.counts.recovered += recovered;
    if (recovered === 0) return;
    times.recovered(clock.now());
    logger.info({ producer, recovered }, 'messages of an earlier run are in the spool, and go first');
  }

  #unused(numbers: readonly NumberRun[]): void {
    const { accounting, onDiskOnly } = this.#context;
    for (const run of numbers) accounting.neverExisted(onDiskOnly.delete(run));
  }

  #written(count: number): void {
    this.#context.leases.written(count);
    this.#retry.written();
  }

  #keepOnDiskOnly(runs: readonly NumberRun[]): void {
    const { queue, onDiskOnly, leases, tracing } = this.#context;
    for (const run of runs) {
      const range = leases.get(run[0]);
      if (range === undefined) continue;
      const { slot, from, count } = range;
      onDiskOnly.add(run);
      leases.end(run[0]);
      for (let index = from; index < from + count; index++) queue.settle(slot, index, RECORD_STATE.onDiskOnly);
      if (tracing !== undefined)
        for (let sequence = run[0]; sequence <= run[1]; sequence++) tracing.onDiskOnly(sequence);
    }
  }

  #unstored(runs: readonly NumberRun[], error: Error): void {
    const { leases, blocks } = this.#context;
    const back = runs.filter(([first]) => leases.giveBack(first));
    if (error instanceof SpoolFullError && blocks) this.#waits.delayed(error);
    else this.#waits.failed(error, back);
    this.#retry.refused(error);
  }

  #writeAgain(): void {
    this.#context.post({ type: 'resume' });
    this.#context.moved();
  }

  #unconfirmed(before: number, error: Error): void {
    const { logger, producer } = this.#context;
    logger.error({ producer, err: error.message }, 'the spool was written, but may not outlive the machine');
    this.#waits.failed(error, [[-Infinity, before - 1]]);
  }

  /** Tells the worker that the caller's side has settled a message that may be on disk. Without a worker, the next one finds out itself. */
  forget(sequence: number): void {
    if (this.has(sequence)) this.#context.post({ type: 'settle', messages: [[sequence, sequence]] });
    else this.#waits.gone(sequence);
  }

  #say({ level, trouble }: Extract<FromSpool, { type: 'spoolTrouble' }>): void {
    const { logger, producer } = this.#context;
    logger[level]({ producer, trouble }, level === 'error' ? 'the spool is damaged' : 'the spool has trouble');
  }

  /** Resolves when the worker has closed the spool, or never if the worker does not answer. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Ends this side of the spool and keeps what is left on disk. */
  end(error: PublishError): void {
    this.#phase = 'over';
    this.#retry.end();
    this.#lock?.release();
    this.#lock = undefined;
    this.#waits.failed(error);
  }
}
