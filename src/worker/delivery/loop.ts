/**
 * The delivery loop: takes leased records in order, attempts them, and decides what a failure means. It runs in the worker
 * thread but knows nothing of threads. Its methods drive it, and it answers through `DeliveryEvents`.
 *
 * `run()` only repeats `runOnce()`, so that a test can take single steps.
 *
 *     wait for work ──► connect ──► round ──► no failure: wait for work
 *                                     ├─► a set failed permanently: halve it, next round at once
 *                                     └─► transient: pause and next round; after `maxRetries` retries reset and back off;
 *                                         after `maxResets` resets test the suspect with a canary first
 */

import { askedWaitMs, condemns, demandsReset, endsLoop, isBystander } from '../../shared/classify-error.ts';
import type { DeliverySettings, LeaseMessage } from '../../shared/protocol.ts';
import type { Transport } from '../../shared/transport.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { AttemptCount, failedAttempt } from './attempt-count.ts';
import { BackOff, retryPauseMs } from './back-off.ts';
import { Isolation } from './bisection.ts';
import { Connection } from './connection.ts';
import type { DeliveryEvents } from './events.ts';
import { LeasedRange, type RecordRef } from './leased-range.ts';
import { LoopLog } from './loop-log.ts';
import { Notifier } from './notifier.ts';
import { type Failure, type Identify, Round, type RoundContext } from './round.ts';
import { Window } from './window.ts';

/**
 * - running: works without end.
 * - draining: makes one last pass, in which more leases may come.
 * - ending: makes the last pass, and no more leases come.
 * - stopped: abandons all remaining records.
 */
type Mode = 'running' | 'draining' | 'ending' | 'stopped';

export interface LoopContext {
  readonly transport: Transport;
  readonly settings: DeliverySettings;
  readonly clock: Clock;
  readonly events: DeliveryEvents;
  readonly identify: Identify;
}

export class DeliveryLoop {
  readonly #context: LoopContext;
  readonly #roundContext: RoundContext;
  readonly #connection: Connection;
  readonly #window = new Window();
  readonly #work = new Notifier();
  readonly #backOff: BackOff;
  readonly #isolation = new Isolation();
  readonly #log: LoopLog;
  readonly #stop = new AbortController();
  #mode: Mode = 'running';
  #connectWanted = false;
  #connectFailures = 0;
  #count: AttemptCount | undefined;
  #round: Round | undefined;

  constructor(context: LoopContext) {
    const { transport, settings, clock, identify } = context;
    const stop = this.#stop.signal;
    this.#log = new LoopLog(context.events, clock, stop);
    const events = { ...context.events, log: this.#log.write };
    this.#context = { ...context, events };
    this.#backOff = new BackOff(clock, (ms) => events.paused?.(ms));
    this.#connection = new Connection({
      transport,
      clock,
      events,
      stop,
      connectTimeoutMs: settings.connectTimeoutMs,
    });
    this.#roundContext = {
      transport,
      clock,
      events,
      identify,
      stop,
      window: this.#window,
      topics: settings,
      attemptTimeoutMs: settings.attemptTimeoutMs,
      failPermanently: (ref, error) => this.#failPermanently(ref, error),
    };
  }

  /** Queues leased records behind those that the loop already has. */
  offer(leases: readonly LeaseMessage[]): void {
    for (const lease of leases) this.#window.push(new LeasedRange(lease));
    this.#work.notify();
    this.#round?.arrived();
  }

  /** Connects even if there is nothing to deliver. */
  connect(): void {
    this.#connectWanted = true;
    this.#work.notify();
  }

  /** Cuts one pause short. That is the current pause, or the next one if no attempt starts before it. */
  wake(): void {
    this.#backOff.wake();
  }

  /** Starts one last pass without long waits. `end` means that no more leases come. */
  drain(end: boolean): void {
    if (this.#mode === 'stopped') return;
    this.#mode = end ? 'ending' : 'draining';
    this.wake();
    this.#work.notify();
  }

  /** Abandons everything that is left. */
  abort(): void {
    this.#mode = 'stopped';
    this.#stop.abort();
    this.wake();
    this.#work.notify();
  }

  /**
   * Runs until drained or aborted, then closes the connection.
   * @throws ConfigError, OutputClosedError, ProducerFencedError when going on would be pointless
   */
  async run(): Promise<void> {
    try {
      while (!this.#finished()) await this.runOnce();
    } finally {
      await this.#connection.close();
    }
  }

  #finished(): boolean {
    return this.#mode === 'stopped' || (this.#mode === 'ending' && this.#window.isEmpty);
  }

  /** Makes one step: waits for work, connects, or attempts the records that it has. */
  async runOnce(): Promise<void> {
    const wanted = !this.#window.isEmpty || (this.#connectWanted && this.#mode === 'running');
    if (!wanted || (this.#window.isEmpty && this.#connection.state === 'connected')) return this.#work.wait();
    if (this.#connection.state !== 'connected') return this.#connect();
    return this.#attempt();
  }

  async #connect(): Promise<void> {
    const error = await this.#connection.open();
    if (error === undefined) {
      this.#connectFailures = 0;
      this.#connectWanted = false;
      this.#log.works('connection');
    } else await this.#connectFailed(error);
  }

  /** Handles a failed connect. All messages wait, and the failure counts against none of them. @throws an error that ends the loop */
  async #connectFailed(error: Error): Promise<void> {
    const { maxRetries, backoffMs } = this.#context.settings;
    if (endsLoop(error)) throw error;
    this.#log.cannotConnect(error);
    if (this.#mode !== 'running') return this.#endPass();
    if (++this.#connectFailures <= maxRetries) return this.#backOff.pause(retryPauseMs(this.#connectFailures));
    this.#connectFailures = 0;
    this.#log.noConnection(error, maxRetries + 1, backoffMs);
    await this.#connection.backOff(() => this.#longPause());
  }

  async #attempt(): Promise<void> {
    this.#backOff.attempted();
    const failures = await this.#runRound(this.#isolation.current);
    if (this.#mode === 'stopped') return;
    if (failures.length === 0) return this.#passed();
    // A client that demands a reset fails every record it holds. Such a failure is not the record's fault, and neither is a
    // bystander's.
    const guilty = failures.filter(({ error }) => !isBystander(error) && !demandsReset(error));
    if (guilty.length > 0 && guilty.every(({ error }) => condemns(error) === 'set')) await this.#isolate(guilty);
    else await this.#retry(failures);
  }

  #passed(): void {
    this.#isolation.passed();
    this.#log.works('back-off');
  }

  async #runRound(only?: readonly RecordRef[]): Promise<readonly Failure[]> {
    this.#round = new Round(this.#roundContext, only);
    try {
      return await this.#round.run();
    } finally {
      this.#round = undefined;
    }
  }

  /** Searches a set that failed permanently as a whole, because only one of its records may be bad. */
  async #isolate(failures: readonly Failure[]): Promise<void> {
    const refs = failures.flatMap(({ ref }) => ref ?? []).sort((a, b) => this.#window.compare(a, b));
    const culprit = this.#isolation.split(refs);
    const { error } = failures[0] as Failure;
    if (culprit !== undefined) this.#failPermanently(culprit, error);
    await this.#replaceSpent(error);
  }

  /** Replaces a connection that does not outlive a permanently failed set. There is no pause, so the search goes on at once. */
  async #replaceSpent(reason: Error): Promise<void> {
    if (this.#context.transport._spent) await this.#connection.reset(reason, async () => {});
  }

  /** Counts a transient failure against the oldest record, because no record may overtake it. @throws an error that ends the loop */
  async #retry(failures: readonly Failure[]): Promise<void> {
    const first = failures.find((failure) => condemns(failure.error) === undefined) ?? failures[0];
    const { error } = first as Failure;
    if (endsLoop(error)) throw error;
    const count = this.#countOfHead();
    if (count === undefined) return; // the failed records were delivered after all
    count.add(error);
    this.#log.attemptFailed(error, count.attempts);
    this.#context.events.attemptFailed(error);
    if (count.attempts <= this.#context.settings.maxRetries) return this.#retryPause(count.attempts, error);
    if (this.#mode !== 'running') return this.#endPass();
    if (count.resets >= this.#context.settings.maxResets && (await this.#canaryPasses(count))) return;
    await this.#reset(count, error);
  }

  /** Pauses before the next attempt. If the client can no longer use its connection, the connection is replaced first. */
  async #retryPause(attempts: number, error: Error): Promise<void> {
    const pause = () => this.#backOff.pause(Math.max(retryPauseMs(attempts), this.#askedWait(error)));
    const unusable = demandsReset(error) || this.#context.transport._spent;
    if (unusable && this.#mode === 'running') await this.#connection.reset(error, pause);
    else await pause();
  }

  /** Returns the wait in ms that the server asked for, at most the back-off. The last pass has no time for it. */
  #askedWait(error: Error): number {
    if (this.#mode !== 'running') return 0;
    const { backoffMs } = this.#context.settings;
    const askedMs = askedWaitMs(error);
    this.#log.cutWait(askedMs, backoffMs);
    return Math.min(askedMs, backoffMs);
  }

  #countOfHead(): AttemptCount | undefined {
    const head = this.#window.head();
    if (!this.#count?.isFor(head)) this.#count = head && new AttemptCount(head);
    return this.#count;
  }

  async #reset(count: AttemptCount, error: Error): Promise<void> {
    const { backoffMs, maxRetries } = this.#context.settings;
    count.resets++;
    count.attempts = 0;
    this.#log.reset(error, count.resets, maxRetries + 1, backoffMs);
    await this.#connection.reset(error, () => this.#longPause());
  }

  /**
   * Finds out whether the record or the connection is at fault. The record is the suspect and is held back, and its successor,
   * the canary, is attempted alone. If the canary is delivered, the suspect fails permanently. Without a successor no other
   * message waits for the suspect, so the suspect stays where it is.
   */
  async #canaryPasses(count: AttemptCount): Promise<boolean> {
    for (;;) {
      const canary = this.#window.successor(count.ref);
      if (canary === undefined) return false;
      const failures = await this.#runRound([canary]);
      if (this.#mode === 'stopped') return true;
      if (failures.length > 0 && failures.every(({ error }) => condemns(error) === 'set'))
        await this.#failCanary(canary, (failures[0] as Failure).error);
      else if (failures.length > 0) return false;
      // A canary that failed permanently itself proves nothing, so the next record is tried.
      if (!canary.range.wasDelivered(canary.index)) continue;
      this.#failSuspect(count);
      return true;
    }
  }

  async #failCanary(canary: RecordRef, error: Error): Promise<void> {
    this.#failPermanently(canary, error);
    await this.#replaceSpent(error);
  }

  #failPermanently(ref: RecordRef, error: Error): void {
    if (!ref.range.settle(ref.index, 'permanentlyFailed')) return;
    const earlier = this.#count?.isFor(ref) ? this.#count.history : [];
    this.#context.events.permanentlyFailed(ref, [...earlier, failedAttempt(error)]);
  }

  #failSuspect({ ref, history }: AttemptCount): void {
    if (ref.range.settle(ref.index, 'permanentlyFailed')) this.#context.events.permanentlyFailed(ref, history);
  }

  /** Ends the last pass, which does not wait for a target that is down. */
  #endPass(): void {
    this.abort();
  }

  #longPause(): Promise<void> {
    return this.#mode === 'running' ? this.#backOff.pause(this.#context.settings.backoffMs) : Promise.resolve();
  }
}
