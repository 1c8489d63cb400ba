/**
 * The caller's side of one producer, on the application's thread. It owns the messages, accepts them, leases them to the worker,
 * settles them and counts them. Each part has a file of its own, and this file wires the parts together.
 */

import type { Throttled } from '../shared/back-pressure.ts';
import { ProducerClosedError, PublishError, ShutdownTimeoutError } from '../shared/errors.ts';
import { LimitedLog } from '../shared/log/limited-log.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { DEFAULT_TIMEOUT_MS, type WaitOptions } from '../shared/util/wait.ts';
import { Counters } from './counters.ts';
import { DeadLetters } from './dead-letters/dead-letters.ts';
import { Remains } from './dead-letters/leftovers.ts';
import { PermanentFailures } from './dead-letters/permanent-failures.ts';
import { reportAtExit } from './exit-report.ts';
import { CapacityCheck } from './intake/capacity-check.ts';
import { type Accepted, type AcceptOptions, Intake } from './intake/intake.ts';
import { Turn } from './intake/turn-batch.ts';
import { KeepAlive } from './keep-alive.ts';
import { WorkerLink } from './link/worker-link.ts';
import type { EngineOptions } from './options.ts';
import { Pending } from './pending.ts';
import { Life } from './producer-state.ts';
import { Leases } from './queue/leases.ts';
import { MessageIds } from './queue/message-ids.ts';
import { MessageQueue } from './queue/message-queue.ts';
import { Accounting, type ShutdownOutcome } from './settlement/accounting.ts';
import { DeliveryWaits } from './settlement/delivery-waiters.ts';
import { Barriers } from './settlement/flush-waiters.ts';
import { Latency } from './settlement/latency.ts';
import type { DeliveryReport } from './settlement/report.ts';
import { Settlement } from './settlement/settlement.ts';
import { Closing, logShutdown } from './shutdown.ts';
import { type Snapshot, type SnapshotContext, snapshotOf } from './snapshot.ts';
import { OnDiskOnly } from './spool/on-disk-only.ts';
import { Spooling } from './spool/spooling.ts';
import type { Stats } from './stats.ts';
import { meteringOf } from './telemetry/metering.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** `id` is the id that the message had before it came to this producer. */
type SendOptions = Omit<AcceptOptions, 'report'> & { readonly id?: string | undefined };

export class Engine {
  readonly #options: EngineOptions;
  readonly #queue: MessageQueue;
  readonly #accounting = new Accounting();
  readonly #latency: Latency;
  readonly #telemetry: Telemetry | undefined;
  readonly #barriers = new Barriers();
  readonly #keepAlive = new KeepAlive();
  readonly #waits: DeliveryWaits;
  readonly #settlement: Settlement;
  readonly #deadLetters: DeadLetters;
  readonly #intake: Intake;
  readonly #spooling: Spooling | undefined;
  readonly #pending: Pending;
  readonly #figures: SnapshotContext;
  readonly #link: WorkerLink;
  readonly #closing: Closing;
  readonly #remains: Remains;
  /** Answers the routes of a runtime that ask whether a message would be accepted. */
  readonly capacityCheck: CapacityCheck;
  readonly #ended = new AbortController();
  readonly #life: Life;
  readonly #ids: MessageIds;
  #stopReporting: (() => void) | undefined;
  #stopMetering: (() => void) | undefined;

  constructor(given: EngineOptions) {
    const { name: producer, clock, settings: topics, listeners, isEachLogged = false } = given;
    const { logger } = new LimitedLog((level, ...line) => given.logger[level](...line), clock, this.#ended.signal);
    const options = { ...given, logger };
    const stop = this.#ended.signal;
    const queue = new MessageQueue(options);
    const onDiskOnly = new OnDiskOnly();
    const accounting = this.#accounting;
    const counters = new Counters();
    const pending = new Pending(queue, onDiskOnly);
    const { times } = pending;
    const life = new Life(producer);
    const ids = new MessageIds(options.spool !== undefined);
    // With a spool, leases are written to disk in the order of their arrival, whatever the transport sets as its limit of leases.
    const until = options.spool ? { until: 'written' as const } : { most: () => options.leases?.() };
    const leases = new Leases(queue, { ids, ...until });
    const parts = { options, producer, logger, clock, topics, queue, leases, onDiskOnly, accounting, life, ids };
    const telemetry = given.telemetry && new Telemetry({ ...parts, times, options: given.telemetry });
    const tracing = telemetry?.tracing;
    const common = { ...parts, counters, times, telemetry, tracing };
    this.#telemetry = telemetry;
    this.#latency = new Latency(telemetry?.durations && ((ms) => telemetry.durations?.delivered(ms)));
    this.#options = options;
    this.#queue = queue;
    this.#life = life;
    this.#ids = ids;
    this.#pending = pending;
    this.#waits = new DeliveryWaits({
      withdraw: (sequence) => this.#settlement.withdraw(sequence),
      // In `starting` there has never been a connection, so no attempt can have been made.
      waitsOnDisk: (sequence) => life.is('starting') && this.#spooling?.has(sequence) === true,
      lastError: () => life.lastError,
    });
    const settlement = new Settlement({
      ...common,
      waits: this.#waits,
      latency: this.#latency,
      listeners,
      forget: (sequence) => this.#spooling?.forget(sequence),
      progressed: () => this.#progressed(),
    });
    this.#settlement = settlement;
    this.#spooling =
      options.spool &&
      new Spooling({
        ...common,
        options: options.spool,
        settlement,
        highWaterMark: options.highWaterMark,
        blocks: options.whenFull === 'block',
        post: (message) => this.#link.post(message),
        moved: () => this.#link.moved(),
      });
    const spooling = this.#spooling;
    const deadLetters = new DeadLetters({ ...given, target: given.deadLetter, logger, isEachLogged, stop, tracing });
    this.#deadLetters = deadLetters;
    const turn = new Turn(clock, {
      began: (at) => times.accepting(queue.nextSequence, at),
      ended: () => this.#dispatch(),
    });
    this.#intake = new Intake({ ...common, settlement, spooling, turn });
    this.capacityCheck = new CapacityCheck({ options, intake: this.#intake, assertOpen: () => this.#assertOpen() });
    const permanentFailures = new PermanentFailures({
      ...common,
      settlement,
      deadLetters,
      isKept: (sequence) => spooling?.has(sequence) === true && !this.#link.canRecord,
      settled: () => this.#link.moved(),
    });
    this.#link = new WorkerLink({
      ...common,
      // Not the limited logger, because the worker limits its own lines, and hooks may log as much as they like.
      workerLog: given.logger,
      ended: stop,
      settlement,
      spooling,
      permanentFailures,
      deadLetters,
      progressed: () => this.#progressed(),
      failed: (error) => this.#failed(error),
    });
    this.#remains = new Remains({
      ...common,
      settlement,
      deadLetters,
      spooling,
      settled: () => this.#progressed(),
    });
    this.#closing = new Closing({ ...common, link: this.#link, deadLetters, remains: this.#remains });
    this.#figures = { ...common, pending, latency: this.#latency, deadLetters, spooling, link: this.#link };
  }

  /**
   * Accepts a message. Returns the value of `produce`, which is false above the high-water mark.
   * @throws InvalidMessageError, QueueFullError, ProducerClosedError; the message was then not accepted
   */
  accept(input: MessageInput, options: AcceptOptions): boolean {
    this.#assertOpen();
    this.#intake.accept(input, options);
    return this.#intake.hasRoom;
  }

  /** Accepts a message, and waits for capacity if the policy is to wait. With a spool, it also waits until the message is on disk. */
  async acceptWhenRoom(input: MessageInput, options: AcceptOptions, wait: WaitOptions): Promise<Accepted> {
    const end = this.#options.clock.now() + (wait.timeout ?? DEFAULT_TIMEOUT_MS);
    this.#assertOpen();
    const { accepted, stored } = await this.#intake.acceptWhenRoom(input, options, wait, (accepted) => {
      const left = { ...wait, timeout: end - this.#options.clock.now() };
      return {
        accepted,
        stored: accepted !== 'dropped' && awaitedLater(this.#spooling?.stored(accepted.sequence, left)),
      };
    });
    await stored;
    return accepted;
  }

  /** Accepts a message and waits until the broker has acknowledged it. */
  async send(input: MessageInput, { id, ...options }: SendOptions, wait: WaitOptions): Promise<DeliveryReport> {
    const { timeout = DEFAULT_TIMEOUT_MS } = wait;
    const end = this.#options.clock.now() + timeout;
    this.#assertOpen();
    const { settled } = await this.#intake.acceptWhenRoom(input, { ...options, report: true }, wait, (accepted) => {
      if (accepted === 'dropped') throw new PublishError('the queue is full: the message was dropped', 'dropped');
      if (id !== undefined) this.#ids.keep(accepted.sequence, id);
      // Both waits share one deadline: the wait for capacity, and the wait for the broker.
      const left = { ...wait, timeout: end - this.#options.clock.now(), askedMs: timeout };
      return { settled: awaitedLater(this.#waits.for(accepted.sequence, left)) };
    });
    return settled;
  }

  /** Resolves with true when the queue is below the high-water mark, and with false at the deadline. */
  async waitForRoom(options: WaitOptions): Promise<boolean> {
    this.#assertOpen();
    return this.#intake.untilRoom(options);
  }

  /** Why the producer has failed; undefined if it has not. */
  get failure(): Error | undefined {
    return this.#life.failure;
  }

  #assertOpen(): void {
    if (this.#life.is('created')) this.#start();
    this.#life.assertOpen();
  }

  #start(): void {
    this.#life.start();
    this.#stopReporting = reportAtExit(this.#options, () => this.#pending.count);
    this.#link.start();
    this.#telemetry?.guard.run(() => this.#meter());
  }

  /** Exports the figures to OpenTelemetry. A producer that never starts is not exported. */
  #meter(): void {
    const { telemetry, name: producer } = this.#options;
    if (telemetry === undefined || this.#telemetry?.durations === undefined) return;
    this.#stopMetering = meteringOf(telemetry.api).add({
      ...telemetry,
      producer,
      snapshot: () => this.snapshot(),
      replaces: () =>
        this.#options.logger.warn(
          { producer },
          'another producer of this name is running: OpenTelemetry now gets the metrics of this one',
        ),
    });
  }

  /** Starts the worker and resolves once it is connected. @throws ConnectError, ConfigError */
  async start(options: WaitOptions): Promise<void> {
    options.signal?.throwIfAborted();
    this.#assertOpen();
    if (this.#life.isConnected) return;
    const started = this.#life.untilConnected(options);
    this.#link.connect();
    await started;
  }

  /** Ends a turn in which messages were accepted. They may have caused others to be dropped, so waits may be over as well. */
  #dispatch(): void {
    this.#keepAlive.hold(this.#pending.count > 0);
    this.#barriers.settled(() => this.#pending.oldest());
    this.#link.dispatch();
  }

  #progressed(): void {
    this.#keepAlive.hold(this.#pending.count > 0);
    this.#barriers.settled(() => this.#pending.oldest());
    this.#intake.opened();
    if (this.#life.is('draining')) this.#closing.progressed();
  }

  /** Ends the producer as failed: the class cannot be built, the producer was fenced, or its output was closed. Nothing is delivered. */
  #failed(error: Error): void {
    this.#options.logger.error({ producer: this.#options.name, err: error.message }, 'the producer cannot go on');
    this.#life.failed(error);
    this.#intake.close(new ProducerClosedError(error.message, { cause: error }));
    void this.#remains.leave(error);
  }

  /** Waits until all messages accepted so far have settled. `remaining` is the number of those that had not by the deadline. */
  async flush(options: WaitOptions): Promise<{ remaining: number }> {
    const before = this.#queue.nextSequence;
    if ((this.#pending.oldest() ?? before) < before) {
      this.#link.wake();
      this.#deadLetters.hurry();
      options.signal?.throwIfAborted();
      await this.#barriers.until(before, options);
    }
    return { remaining: this.#pending.countBelow(before) };
  }

  /** Drains, closes and ends the worker, all within `timeoutMs`. */
  async shutdown(timeoutMs: number): Promise<ShutdownOutcome> {
    const closed = new ProducerClosedError(`producer ${this.#options.name} was shut down`);
    this.#life.draining(closed);
    this.#intake.close(closed);
    this.#deadLetters.hurry();
    const timedOut = await this.#closing.run(timeoutMs);
    this.#end(timedOut ? new ShutdownTimeoutError(`shutdown reached its deadline of ${timeoutMs} ms`) : undefined);
    const outcome = this.#accounting.outcome(timedOut);
    logShutdown(this.#options.logger, this.#options.name, outcome);
    return outcome;
  }

  /** Settles what is left, and releases everything: the spool's directory, the process, the exit report. */
  #end(error: Error | undefined): void {
    this.#ended.abort();
    try {
      this.#remains.abandon(error);
    } finally {
      this.#life.closed();
      this.#keepAlive.end();
      this.#stopReporting?.();
      this.#stopMetering?.();
    }
  }

  /** The broker that throttles the producer; undefined if none does. */
  get throttled(): Throttled | undefined {
    return this.#life.throttledBy;
  }

  /** Why the last attempt failed; undefined once messages are delivered again. */
  get lastError(): Error | undefined {
    return this.#life.lastError;
  }

  /** Whether a message of ordinary size would wait or be refused now. */
  get isFull(): boolean {
    return this.#intake.isFull;
  }

  /** Returns all figures, whether or not they add up. */
  snapshot(): Snapshot {
    return snapshotOf(this.#figures);
  }

  /** Returns the state and the counters. Counts pending messages by walking. @throws OutspoolError if that differs from the counters */
  stats(): Stats {
    const { unused: _unused, ...stats } = this.snapshot();
    this.#accounting.verify(stats.pending);
    return stats;
  }
}

/** Marks a promise that is awaited in a later turn of the event loop, so that an earlier rejection does not count as unhandled. */
function awaitedLater<P extends Promise<unknown> | undefined>(promise: P): P {
  promise?.catch(ignore);
  return promise;
}

const ignore = (): void => {};
