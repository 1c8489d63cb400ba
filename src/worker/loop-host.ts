/** Runs a delivery loop and exchanges messages with the caller's side. It works on any thread. */

import { AttemptMark } from '../shared/attempt-mark.ts';
import { endsLoop } from '../shared/classify-error.ts';
import { asError, SpoolError } from '../shared/errors.ts';
import {
  idIn,
  type LeaseMessage,
  type ReportMessage,
  type SpoolStart,
  type ToWorker,
  type WorkerStart,
} from '../shared/protocol.ts';
import type { Transport } from '../shared/transport.ts';
import { systemClock } from '../shared/util/clock.ts';
import { runApart } from '../shared/util/uncaught.ts';
import { toWire } from '../shared/wire-error.ts';
import { assertBatchLimits } from './batch-limits.ts';
import { Deliveries, type Post } from './deliveries.ts';
import type { DeliveryEvents } from './delivery/events.ts';
import { Identities } from './delivery/identities.ts';
import type { LeasedRange } from './delivery/leased-range.ts';
import { DeliveryLoop } from './delivery/loop.ts';
import type { SpoolFeeder } from './spool/feeder.ts';
import { openFeeder } from './spool/open-feeder.ts';

type HostStart = Pick<WorkerStart, 'run' | 'settings' | 'attempt' | 'spool'>;

const NOTHING = {};

/** Turns events of the loop into messages. Gathered deliveries are sent before any event that came after them. */
function eventsFor(
  post: Post,
  deliveries: Deliveries,
  attempt: SharedArrayBuffer,
  feeder: () => SpoolFeeder | undefined,
  identities: Identities,
): DeliveryEvents {
  const mark = new AttemptMark(attempt);
  const inOrder: Post = (message) => {
    deliveries.flush();
    post(message);
  };
  /** Returns what only the worker has of a message. */
  const ownOf = (range: LeasedRange, index: number): Pick<ReportMessage, 'id' | 'record'> => {
    const id = feeder()?.idOf(range.sequence + index);
    if (id === undefined && !range.isOnDiskOnly) return NOTHING;
    return { ...(id !== undefined && { id }), ...(range.isOnDiskOnly && { record: range.record(index) }) };
  };
  return {
    attempting(range, index) {
      mark.begin(range.sequence + index);
    },
    attemptEnded() {
      mark.end();
    },
    delivered(range, index, report) {
      const sequence = range.sequence + index;
      feeder()?.outcomes.delivered(range, index);
      identities.forget(sequence);
      if (!range.isOnDiskOnly) gather(deliveries, range);
      // A wanted report is sent even if the broker gave no figures. The caller's side settles such a message when its report
      // has come.
      if (range.reportWanted(index)) deliveries.report({ sequence, ...report, ...ownOf(range, index) });
    },
    permanentlyFailed({ range, index }, attempts) {
      const sequence = range.sequence + index;
      feeder()?.outcomes.permanentlyFailed(range);
      identities.forget(sequence);
      inOrder({ type: 'permanentlyFailed', sequence, attempts, ...ownOf(range, index) });
    },
    attemptFailed: (error) => inOrder({ type: 'attemptFailed', error: toWire(error) }),
    paused: (ms) => post({ type: 'paused', ms }),
    connection: (state, error) => inOrder({ type: 'connection', state, ...(error && { error: toWire(error) }) }),
    log: (level, fields, message) => post({ type: 'log', level, fields, message }),
  };
}

/** A lease that is over is reported in this turn, because the caller's side then has credits for another one. */
const gather = (deliveries: Deliveries, { run, isSettled }: LeasedRange): void =>
  isSettled ? deliveries.add(run) : deliveries.hold(run);

export class LoopHost {
  readonly #loop: DeliveryLoop;
  readonly #deliveries: Deliveries;
  readonly #post: Post;
  readonly #spool: SpoolStart | undefined;
  readonly #identities = new Identities();
  #feeder: SpoolFeeder | undefined;
  /** Messages from the caller's side that came before the spool was open. */
  #early: ToWorker[] | undefined;
  #drain: 'not yet' | 'begun' | 'end' = 'not yet';

  constructor(transport: Transport, start: HostStart, post: Post) {
    assertBatchLimits(transport);
    const { run, settings, attempt, spool } = start;
    this.#post = post;
    this.#spool = spool;
    this.#early = spool && [];
    this.#deliveries = new Deliveries(post);
    const events = eventsFor(post, this.#deliveries, attempt, () => this.#feeder, this.#identities);
    // Spooled messages have ids that the spool derives from its files. They stay the same after a restart of the process.
    const identify = (sequence: number) =>
      this.#feeder?.idOf(sequence) ?? this.#identities.of(sequence) ?? idIn(run, sequence);
    this.#loop = new DeliveryLoop({ transport, settings, clock: systemClock, events, identify });
  }

  /**
   * Runs until the loop has ended. It ends when it was drained or aborted and the connection is closed, or when the
   * configuration or the spool cannot be used. The caller's side decides whether that ends the producer.
   */
  async run(): Promise<void> {
    try {
      if (this.#spool !== undefined) await this.#open(this.#spool);
      await this.#loop.run();
      this.#deliveries.flush();
      // The spool stays open, because dead letters that are under way are still settled in it.
      await this.#feeder?.sync();
      this.#post({ type: 'closed' });
    } catch (error) {
      if (!endsLoop(asError(error)) && !(error instanceof SpoolError)) throw error;
      await this.#fail(error);
    }
  }

  /**
   * Reports the deliveries so far, closes the spool, and then reports the failure, even if closing fails. The failure comes last,
   * because the caller's side may release the directory after it and hears no delivery any more.
   */
  async #fail(error: unknown): Promise<void> {
    this.#deliveries.flush();
    try {
      await this.#feeder?.close();
    } finally {
      this.#post({ type: 'failed', error: toWire(error) });
    }
  }

  async #open(spool: SpoolStart): Promise<void> {
    this.#feeder = await openFeeder(spool, {
      offer: (leases) => this.#loop.offer(leases),
      post: this.#post,
      deliveries: this.#deliveries,
      emptied: () => this.#drainLoop(),
    });
    for (const message of this.#early?.splice(0) ?? []) this.#take(message);
    this.#early = undefined;
    this.#feeder.feed();
  }

  receive(message: ToWorker): void {
    if (this.#early !== undefined) this.#early.push(message);
    else this.#take(message);
  }

  #take(message: ToWorker): void {
    if (message.type === 'lease') this.#lease(message.leases);
    else if (message.type === 'drain') this.#drainLoop(message.end ? 'end' : 'begun');
    else if (message.type === 'settle') this.#feeder?.outcomes.settled(message.messages);
    else if (message.type === 'confirm') runApart(async () => this.#feeder?.confirm());
    else if (message.type === 'resume') this.#feeder?.resume();
    else if (message.type === 'feed') this.#feeder?.readBefore(message.before);
    else if (message.type === 'makeRoom') this.#feeder?.makeRoom();
    else if (message.type === 'closeSpool') runApart(() => this.#closeSpool());
    else this.#loop[message.type]();
  }

  #lease(leases: readonly LeaseMessage[]): void {
    this.#identities.take(leases);
    if (this.#feeder === undefined) this.#loop.offer(leases);
    else this.#feeder.receive(leases);
  }

  async #closeSpool(): Promise<void> {
    await this.#feeder?.close();
    this.#post({ type: 'spoolClosed' });
  }

  /** Drains the loop. With a spool, the last pass includes all messages on disk. */
  #drainLoop(drain = this.#drain): void {
    this.#drain = drain;
    if (drain !== 'not yet') this.#loop.drain(drain === 'end' && (this.#feeder?.isEmpty ?? true));
  }
}
