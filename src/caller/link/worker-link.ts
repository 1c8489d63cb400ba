/**
 * The engine's connection to its worker, on the application's thread. It sends leases and collects deliveries. When a worker dies, its
 * open leases are queued again and leased to the next worker.
 */

import { AttemptMark } from '../../shared/attempt-mark.ts';
import type { ConnectionState } from '../../shared/lifecycle.ts';
import { A_MINUTE, Repeats } from '../../shared/log/log-throttle.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { FailedMessage, ReportMessage, ToCaller, ToWorker } from '../../shared/protocol.ts';
import { systemClock } from '../../shared/util/clock.ts';
import { deferred } from '../../shared/util/deferred.ts';
import { within } from '../../shared/util/within.ts';
import { fromWire, type WireError } from '../../shared/wire-error.ts';
import type { Counters } from '../counters.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import type { PermanentFailures } from '../dead-letters/permanent-failures.ts';
import { publishAttempt, publishConnection } from '../metrics/channels.ts';
import type { EngineOptions } from '../options.ts';
import type { Life } from '../producer-state.ts';
import type { Leases } from '../queue/leases.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Settlement } from '../settlement/settlement.ts';
import type { Spooling } from '../spool/spooling.ts';
import { CrashSuspect } from './crash-suspect.ts';
import { Finality } from './finality.ts';
import type { LoopTimes } from './loop-times.ts';
import { Leftovers } from './native-leftovers.ts';
import { Supervisor } from './supervisor.ts';

type LinkOptions = Pick<
  EngineOptions,
  'name' | 'logger' | 'clock' | 'settings' | 'ledgerBytes' | 'createHost' | 'reclaim'
>;

export interface LinkContext {
  readonly options: LinkOptions;
  /** Logs the lines that come from the worker. */
  readonly workerLog: Logger;
  /** Aborted at the end of the producer. */
  readonly ended: AbortSignal;
  readonly queue: MessageQueue;
  readonly leases: Leases;
  readonly settlement: Pick<Settlement, 'collect' | 'settle' | 'settleRun'>;
  readonly spooling: Spooling | undefined;
  readonly ids: MessageIds;
  readonly life: Life;
  readonly counters: Counters;
  readonly permanentFailures: Pick<PermanentFailures, 'take'>;
  readonly deadLetters: Pick<DeadLetters, 'isFull'>;
  /** Messages settled, or failed to. */
  progressed(): void;
  /** The producer cannot go on. */
  failed(error: Error): void;
}

/** Cleans up after every worker of the producer. */
const leftoversOf = ({ name, logger, reclaim }: LinkOptions, ledger: SharedArrayBuffer): Leftovers =>
  new Leftovers({ reclaim: () => reclaim(ledger), log: logger, fields: { producer: name } });

export class WorkerLink {
  readonly #context: LinkContext;
  readonly #supervisor: Supervisor;
  readonly #leases: Leases;
  readonly #suspect: CrashSuspect;
  readonly #attempt = new AttemptMark();
  readonly #leftovers: Leftovers;
  readonly #deaths: Repeats;
  readonly #loopClosed = deferred<void>();
  /** Whether the worker was told to connect and has not reported on its connection since. */
  #isAsked = false;
  /** The order that a replacement of the worker must get, in addition to its leases. */
  #standing: ToWorker | undefined;

  constructor(context: LinkContext) {
    const { options } = context;
    this.#context = context;
    this.#deaths = new Repeats(options.clock, context.ended, A_MINUTE);
    const ledger = new SharedArrayBuffer(options.ledgerBytes);
    this.#leftovers = leftoversOf(options, ledger);
    this.#leases = context.leases;
    this.#suspect = new CrashSuspect(context.queue, this.#leases);
    const finality = new Finality(context.life);
    const shared = {
      run: context.ids.run,
      attempt: this.#attempt.shared,
      ledger,
      settings: options.settings,
    };
    this.#supervisor = new Supervisor({
      createHost: (callbacks) => {
        this.#attempt.end();
        this.#leftovers.reclaimAgain();
        const spool = context.spooling && { spool: context.spooling.begin() };
        return options.createHost({ ...shared, ...spool }, callbacks);
      },
      received: (message) => this.#received(message),
      died: (error, pauseMs) => this.#died(error, pauseMs),
      replaced: () => this.#replaced(),
      isFinal: (error) => finality.isFinal(error),
      failed: (error) => this.#ended(error),
    });
  }

  get isStarted(): boolean {
    return this.#supervisor.state !== 'idle';
  }

  get restarts(): number {
    return this.#supervisor.restarts;
  }

  get loopTimes(): LoopTimes {
    return this.#supervisor.loopTimes;
  }

  start(): void {
    this.#supervisor.start();
  }

  connect(): void {
    this.#stand({ type: 'connect' });
  }

  wake(): void {
    this.#supervisor.hurry();
    this.#supervisor.post({ type: 'wake' });
  }

  abort(): void {
    this.#stand({ type: 'abort' });
    this.#endWithoutWorker();
  }

  /** Reports the end if no worker is left, because no worker is started just to close a connection. */
  #endWithoutWorker(): void {
    if (this.#supervisor.state === 'running') return;
    this.#supervisor.retire();
    this.#loopClosed.resolve();
  }

  #ended(error: Error): void {
    this.#context.failed(error);
    this.#loopClosed.resolve();
  }

  /** Resolves when the loop has ended by itself, because it was drained or aborted, or when it can never begin or go on. */
  get loopClosed(): Promise<void> {
    return this.#loopClosed.promise;
  }

  /** Sends a message that is lost if there is no worker now. */
  post(message: ToWorker): void {
    this.#supervisor.post(message);
  }

  /** Leases what there may be to lease, and reports that messages may have settled. */
  moved(): void {
    this.dispatch();
    this.#announceEnd();
    this.#context.progressed();
  }

  /** Begins the last pass. */
  drain(): void {
    this.#supervisor.hurry();
    if (this.#mayLease) this.#lease();
    this.#stand({ type: 'drain', end: this.#allLeased });
  }

  /** Whether the spool is being closed. Then no message may be written to it, because the messages that are left are being counted. */
  get #isClosing(): boolean {
    return this.#standing?.type === 'closeSpool';
  }

  /** Whether the worker, or the one that replaces it, can still record in the spool what this side settles. */
  get canRecord(): boolean {
    return !this.#isClosing && this.#supervisor.state !== 'stopped';
  }

  get #allLeased(): boolean {
    return this.#context.queue.oldestQueued() === undefined;
  }

  /** Tells the worker once, in the last pass, that no more leases come. */
  #announceEnd(): void {
    if (this.#standing?.type === 'drain' && !this.#standing.end && this.#allLeased)
      this.#stand({ type: 'drain', end: true });
  }

  /** Takes back the announcement that no more leases come, because returned leases are leased again. */
  #resumeDrain(): void {
    if (this.#standing?.type === 'drain' && this.#standing.end) this.#stand({ type: 'drain', end: false });
  }

  #stand(message: ToWorker): void {
    this.#standing = message;
    this.#supervisor.post(message);
  }

  /** Leases as many messages as the credits allow. */
  dispatch(): void {
    if (!this.#mayLease) return;
    if (this.#isKeptBack) this.#connectFirst();
    else this.#lease();
  }

  get #mayLease(): boolean {
    const { deadLetters, spooling } = this.#context;
    const isHeld = deadLetters.isFull || spooling?.isStuck === true;
    return this.#supervisor.state === 'running' && !this.#isClosing && !isHeld;
  }

  #lease(): void {
    const leases = this.#leases.take(() => this.#suspect.quota());
    const { spooling, queue } = this.#context;
    if (leases.length > 0) {
      this.#supervisor.post({ type: 'lease', leases });
      spooling?.leased();
    }
    // While a suspect is leased alone, no message behind it may be attempted, not even one that is read from disk.
    if (spooling?.isHolding)
      spooling.leasedAgain(this.#suspect.quota() > 0 ? queue.oldestQueued() : this.#leases.reached);
  }

  /**
   * Whether messages stay on this side because there is no connection. Until a message is leased, a caller that stops waiting can
   * withdraw it. The last pass tries all messages. With a spool, messages are leased in any case, because the worker writes them.
   */
  get #isKeptBack(): boolean {
    const { spooling, life } = this.#context;
    const isLastPass = this.#standing !== undefined && this.#standing.type !== 'connect';
    return spooling === undefined && !isLastPass && !life.isConnected;
  }

  /** Tells a worker without leases to connect. A worker that has leases connects by itself. */
  #connectFirst(): void {
    if (this.#isAsked || this.#leases.size > 0 || this.#allLeased) return;
    this.#isAsked = true;
    this.#supervisor.post({ type: 'connect' });
  }

  #received(message: ToCaller): void {
    const { life } = this.#context;
    if (message.type === 'delivered') this.#delivered(message);
    else if (message.type === 'permanentlyFailed') this.#permanentlyFailed(message);
    else if (message.type === 'attemptFailed') this.#attemptFailed(fromWire(message.error));
    else if (message.type === 'paused') life.paused(message.ms);
    else if (message.type === 'connection') this.#connection(message.state, message.error);
    else if (message.type === 'throttled') life.throttled(message.throttled);
    else if (message.type === 'statistics') life.reported(message.statistics);
    else if (message.type === 'log')
      this.#context.workerLog[message.level](this.#fields(message.fields), message.message);
    else if (message.type === 'failed') this.#supervisor.failed(fromWire(message.error));
    else if (message.type === 'closed') this.#loopClosed.resolve();
    else {
      if (message.type === 'unstored') this.#resumeDrain();
      this.#context.spooling?.receive(message);
    }
  }

  #attemptFailed(error: Error): void {
    this.#context.counters.failedAttempts++;
    this.#context.life.attemptFailed(error);
    publishAttempt(this.#context.options.name, error);
  }

  #fields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return { producer: this.#context.options.name, ...fields };
  }

  #connection(state: ConnectionState, error: WireError | undefined): void {
    if (state === 'resetting') this.#context.counters.resets++;
    this.#connectionChanged(state, error && fromWire(error));
    this.#isAsked = false;
    this.dispatch();
  }

  #connectionChanged(state: ConnectionState, error: Error | undefined): void {
    this.#context.life.connectionChanged(state, error);
    this.#context.spooling?.connection();
    publishConnection(this.#context.options.name, state, error);
  }

  /** Settles deliveries, resets the back-off between workers, and reports that deliveries succeed again. */
  #delivered({ ranges, reports }: Extract<ToCaller, { type: 'delivered' }>): void {
    const { settlement, life } = this.#context;
    const told = new Map<number, ReportMessage>();
    for (const report of reports)
      if (report.record === undefined) told.set(report.sequence, report);
      else settlement.settle({ sequence: report.sequence, outcome: 'delivered', worker: report });
    for (const range of ranges) {
      this.#leases.moved(range[0]);
      if (!this.#collect(range[0], told)) settlement.settleRun(range, 'delivered');
    }
    this.#supervisor.thrives();
    life.delivered();
    this.moved();
  }

  /** Settles what is marked in the lease that begins with message `first`. Returns false if there is no such lease. */
  #collect(first: number, reports: ReadonlyMap<number, ReportMessage>): boolean {
    const lease = this.#leases.get(first);
    if (lease === undefined) return false;
    if (this.#context.settlement.collect(lease, reports)) this.#leases.end(first);
    return true;
  }

  #permanentlyFailed(failed: FailedMessage): void {
    this.#context.permanentFailures.take(failed);
    // A message that comes with its record is on disk only, in no lease.
    const first = failed.record === undefined ? this.#leases.holding(failed.sequence) : undefined;
    if (first !== undefined) this.#collect(first, new Map());
    this.moved();
  }

  /** Settles the messages that the dead worker had marked as delivered. All others are queued again at their old position. */
  #died(error: Error, pauseMs: number): void {
    const { life, progressed } = this.#context;
    this.#logDeath(error, pauseMs);
    this.#leftovers.reclaim();
    this.#connectionChanged('disconnected', error);
    life.throttled(undefined);
    life.reported(undefined);
    life.paused(0);
    this.#collectLast();
    this.#countDeath(error);
    this.#leases.endAll();
    this.#isAsked = false;
    progressed();
    if (this.#standing?.type === 'drain') this.#supervisor.thrives(); // the last pass has no time for long pauses
    if (this.#standing?.type === 'abort') this.#endWithoutWorker();
  }

  /** Logs the death of a worker. The first death with a longer pause is logged at once, repeated ones at most once a minute. */
  #logDeath(error: Error, pauseMs: number): void {
    const fields = this.#fields({ err: error.message, restartInMs: pauseMs });
    this.#deaths.say(`${pauseMs}`, (more) =>
      this.#context.workerLog.error({ ...fields, ...more }, 'the worker died; it is replaced'),
    );
  }

  /** Counts the death as a failed attempt of the message that was being attempted. After the last such death it is dead-lettered. */
  #countDeath(error: Error): void {
    const { sequence } = this.#attempt;
    if (sequence === undefined || !this.#suspect.countDeath(sequence)) return;
    const attempts = [{ at: Date.now(), error: { name: error.name, message: error.message } }];
    this.#context.permanentFailures.take({ sequence, attempts });
  }

  #replaced(): void {
    this.dispatch();
    this.#context.spooling?.leased();
    if (this.#standing?.type === 'drain') this.#standing = { type: 'drain', end: this.#allLeased };
    if (this.#standing !== undefined) this.#supervisor.post(this.#standing);
  }

  /** Settles the deliveries that a worker marked before its end and had no time to report. */
  #collectLast(): void {
    for (const range of this.#leases.all()) this.#context.settlement.collect(range, 'final');
  }

  /**
   * Has the worker close its spool, which otherwise ends with its thread, as in a crash. Resolves when the spool is closed, or after
   * `ms`. A worker that dies meanwhile is replaced by one that only closes the spool.
   */
  async closeSpool(ms: number): Promise<void> {
    const { spooling } = this.#context;
    if (spooling === undefined || ms <= 0 || this.#supervisor.state === 'stopped') return;
    this.#stand({ type: 'closeSpool' });
    await within(spooling.closed, ms, { clock: systemClock });
  }

  /** Tells the worker at once to end. Resolves when its thread is gone and its native resources are cleaned up as far as possible. */
  async stop(): Promise<void> {
    try {
      await this.#supervisor.stop();
      this.#leftovers.reclaimLast();
    } finally {
      this.#collectLast();
    }
  }
}
