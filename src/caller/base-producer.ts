/** The class that applications extend. It has the methods that callers use, and the hooks that the worker calls on its own instance. */

import { inspect } from 'node:util';
import type { z } from 'zod';
import { schemaProblem } from '../config/class-schema.ts';
import type { Finding } from '../config/report/findings.ts';
import { type BaseConfig, BaseProducerConfig } from '../config/schema/base.ts';
import { maskOf, withoutSecrets } from '../config/secrets/mask.ts';
import { examineConfig, validateConfig } from '../config/validate.ts';
import type { TellThrottled } from '../shared/back-pressure.ts';
import { buildHooks, hookContext, sideEffect } from '../shared/build-side.ts';
import type { TellStatistics } from '../shared/client-statistics.ts';
import { ConfigError, InvalidMessageError, OutspoolError } from '../shared/errors.ts';
import { defaultLogger, type Logger, safeLogger } from '../shared/log/logger.ts';
import { type Mask, maskedData } from '../shared/log/masking.ts';
import type { Message, MessageInput, MessageOf, Sendable } from '../shared/message/message.ts';
import { readOnce } from '../shared/message/message-fields.ts';
import { describe } from '../shared/message/refusal.ts';
import { inheritsOtherFile, pathOf } from '../shared/modules/class-file.ts';
import { ONE_THREAD } from '../shared/modules/one-thread.ts';
import type { ProducerSource, WorkerStart } from '../shared/protocol.ts';
import { CAPACITY_CHECK, FALLBACK, KEPT_ID, MEASURED, ROUTED, SECRETS, type Way } from '../shared/route-hooks.ts';
import { sendOneByOne } from '../shared/send-one-by-one.ts';
import type { Batch, Transport } from '../shared/transport.ts';
import { systemClock } from '../shared/util/clock.ts';
import { DEFAULT_TIMEOUT_MS, type WaitOptions } from '../shared/util/wait.ts';
import type { CheckOptions, CheckPlan, CheckReport } from './check/check.ts';
import { withThrottled } from './check/check-throttled.ts';
import { connectStep, failedStep, roundTripStep } from './check/common-steps.ts';
import { runCheck } from './check/run-check.ts';
import { targetOf } from './dead-letters/target.ts';
import { Engine } from './engine.ts';
import { deliverySettings, queueOptions } from './from-config.ts';
import type { CapacityCheck } from './intake/capacity-check.ts';
import { assertKnown } from './known-options.ts';
import type { Host, HostCallbacks } from './link/host.ts';
import { InlineHost } from './link/inline-host.ts';
import { maskedCallbacks } from './link/masked-callbacks.ts';
import { WorkerHandle } from './link/thread-host.ts';
import { exportMetrics, type Operable } from './metrics/exporter.ts';
import type { EngineOptions } from './options.ts';
import { assertOptions, type ProducerOptions } from './producer-options.ts';
import { SendLog, type SendLogContext } from './send-log.ts';
import type { ShutdownOutcome } from './settlement/accounting.ts';
import { deliveryLog } from './settlement/delivery-log.ts';
import type { DeliveryReport } from './settlement/report.ts';
import type { EndingListener } from './settlement/settlement.ts';
import type { Stats } from './stats.ts';
import type { Destination } from './telemetry/attributes.ts';
import { destinationOf } from './telemetry/destination.ts';
import { UnitHint } from './unit-hint.ts';
import { type CallerWaitOptions, checkedMs, checkedWait, type DurationInput } from './wait-options.ts';

/** How a message is produced. */
export interface ProduceOptions {
  /** Whether the message goes to `error_topic`. @default false */
  readonly isError?: boolean;
  /** @internal */
  readonly [ROUTED]?: Way;
  /** @internal */
  readonly [KEPT_ID]?: string;
}

/** Options of `publish`. */
export type PublishOptions = CallerWaitOptions & Pick<MessageInput, 'key' | 'headers' | 'partition' | 'timestamp'>;

/** The options of a producer that allow more than its configuration does. */
export type InspectOptions = Pick<ProducerOptions, 'allowUnsafeClient'>;

export const DEFAULT_FLUSH_MS = 30_000;
export const DEFAULT_SHUTDOWN_MS = 10_000;

const noTopic = (topic: unknown): Error =>
  new InvalidMessageError(
    `publish: expected the topic first, publish('orders', value, { key }), got ${describe(topic)}; send({ topic, value }) takes one object`,
  );

/** Turns the arguments of `publish` into those of `send`. @throws ConfigError for options that it does not know; InvalidMessageError */
export function published<V>(topic: string, value: Sendable<V>, options: PublishOptions) {
  if (typeof topic !== 'string') throw noTopic(topic);
  assertKnown(options, 'publish');
  const { timeout, signal, ...rest } = options;
  const wait = { ...(timeout !== undefined && { timeout }), ...(signal !== undefined && { signal }) };
  return { input: { ...rest, topic, value }, wait };
}

const nothing = () => {};
const NO_LOG: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The static members by which the class of a producer describes itself. */
type ProducerStatics = Pick<
  typeof BaseProducer,
  'module' | 'config' | 'inspect' | 'ledgerBytes' | 'reclaim' | 'runsInline' | 'destination'
>;

/**
 * A producer. The application calls `produce … shutdown`. The worker calls `_connect`, `_send` and `_close`, on an instance of its own
 * that is built from the same configuration. The module of a subclass must be free of side effects.
 */
export abstract class BaseProducer<C extends z.ZodObject = typeof BaseProducerConfig> implements Transport {
  /** Where the worker finds the class: `import.meta.url`, or `__filename` in CommonJS. */
  static readonly module: string | undefined = undefined;
  /** The schema of the class's configuration: `BaseProducerConfig`, extended. */
  static readonly config: z.ZodObject = BaseProducerConfig;
  /** Bytes of shared memory that outlive the worker. @default 0 */
  static readonly ledgerBytes: number = 0;

  /** Returns faults of a configuration that the schema cannot find. The schema may have refused the configuration already. */
  static inspect(_config: Readonly<Record<string, unknown>>, _options: InspectOptions): readonly Finding[] {
    return [];
  }

  /** Cleans up what a dead worker left in its ledger. It is called on the caller's thread, when the worker's thread is gone. */
  static reclaim(_ledger: SharedArrayBuffer): void {}

  /** Whether the hooks must run on the caller's thread. @default false */
  static runsInline(_config: unknown, _logger: Logger): boolean {
    return false;
  }

  /** Returns how spans name what the producer delivers to. @default the kind, and the host in `url` */
  static destination(config: unknown): Destination {
    return destinationOf(config);
  }

  /** @internal */
  protected readonly thread = ONE_THREAD;
  /** The validated configuration. */
  readonly config: z.output<C>;
  protected readonly log: Logger;
  /** In the hooks: memory of `ledgerBytes` bytes that outlives the worker. */
  protected readonly ledger: SharedArrayBuffer;
  /** In the hooks: reports for `stats()` that a broker throttles the producer, or that none does any more. */
  protected readonly tellThrottled: TellThrottled;
  /** In the hooks: reports the client's own statistics for `stats()`. */
  protected readonly tellStatistics: TellStatistics;
  readonly #engine: Engine | undefined;
  /** Masks the configuration's secrets in all text that leaves the producer. */
  readonly #mask: Mask;
  readonly #sendLog = new SendLog();
  readonly #unitHint = new UnitHint(
    () => this.log,
    () => ({ producer: this.name }),
  );
  #shutdown: Promise<ShutdownOutcome> | undefined;

  /** @throws ConfigError if the configuration does not fit the class's schema, or an option is wrong */
  constructor(config: z.input<C>, options: ProducerOptions = {}) {
    const hooks = hookContext(this.constructor.name);
    assertOptions(options);
    this.config = (hooks === undefined ? this.#examined(config, options) : this.#validated(config)) as z.output<C>;
    this.#mask = maskOf(this.config, { schema: this.#statics.config, also: options[SECRETS] });
    this.log = hooks?.log ?? safeLogger(options.logger ?? defaultLogger(), this.#mask);
    this.ledger = hooks?.ledger ?? new SharedArrayBuffer(0);
    this.tellThrottled = hooks?.tellThrottled ?? (() => {});
    this.tellStatistics = hooks?.tellStatistics ?? (() => {});
    this.#assertHooks();
    if (hooks !== undefined) return;
    this.#engine = new Engine(this.#engineOptions(options, this.#source(options)));
    if (options.metrics !== undefined) exportMetrics(options.metrics, [this[MEASURED]]);
  }

  get #statics(): ProducerStatics {
    return this.constructor as unknown as ProducerStatics;
  }

  #examined(config: unknown, options: ProducerOptions): unknown {
    const statics = this.#statics;
    const problem = schemaProblem(statics.config);
    if (problem !== undefined) throw new ConfigError(`class ${this.constructor.name}: ${problem}`);
    return examineConfig(statics.config, config, (given) => statics.inspect(given, options));
  }

  /** Validates in the worker without `inspect`, because files that were inspected on the caller's side may have been replaced since. */
  #validated(config: unknown): unknown {
    return validateConfig(this.#statics.config, config);
  }

  get #base(): BaseConfig {
    return this.config as unknown as BaseConfig;
  }

  get name(): string {
    return this.#base.name;
  }

  /** Checks that the hooks exist, because TypeScript demands them and JavaScript does not. */
  #assertHooks(): void {
    const hooks = this as unknown as Record<string, unknown>;
    for (const hook of ['_connect', '_send', '_close'])
      if (typeof hooks[hook] !== 'function') throw new ConfigError(`class ${this.constructor.name} has no ${hook}()`);
  }

  #engineOptions(options: ProducerOptions, source: ProducerSource): EngineOptions {
    return {
      ...queueOptions(this.#base),
      name: this.name,
      settings: deliverySettings(this.#base),
      leases: () => (this as Transport).batchesHeld,
      ledgerBytes: this.#statics.ledgerBytes,
      logger: this.log,
      clock: systemClock,
      listeners: this.#listeners(options),
      isEachLogged: this.#base.log_deliveries !== 'off',
      deadLetter: targetOf(this.#base, options.deadLetter, this.log),
      fallback: options[FALLBACK],
      telemetry: options.telemetry && { ...options.telemetry, destination: this.#statics.destination(this.config) },
      onShutdown: this.#base.on_shutdown,
      createHost: (shared, callbacks) => this.#createHost({ ...shared, source }, callbacks, options),
      reclaim: (ledger) => this.#statics.reclaim(ledger),
    };
  }

  /** Listeners for settled messages, the class's own override first. If there are none, no reports are made. */
  #listeners({ deliveryReport: listener }: ProducerOptions): EndingListener[] {
    const overridden = this.deliveryReport !== BaseProducer.prototype.deliveryReport;
    const own: EndingListener = (error, report) => this.deliveryReport(error, report);
    const given: EndingListener[] = listener === undefined ? [] : [(error, report) => listener(error, report)];
    const log = deliveryLog(this.#base.log_deliveries, this.log);
    return [...(overridden ? [own] : []), ...given, ...log];
  }

  #createHost(start: WorkerStart, given: HostCallbacks, options: ProducerOptions): Host {
    const { config } = this;
    const callbacks = maskedCallbacks(given, this.#mask);
    const Class = this.constructor as new (config: unknown) => Transport;
    if (this.#statics.runsInline(config, this.log)) {
      const tellThrottled: TellThrottled = (throttled) => callbacks.message({ type: 'throttled', throttled });
      const tellStatistics: TellStatistics = (statistics) => callbacks.message({ type: 'statistics', statistics });
      const hooks = { log: this.log, ledger: start.ledger, tellThrottled, tellStatistics };
      const build = () => buildHooks(hooks, () => new Class(config));
      return new InlineHost(build, start, callbacks);
    }
    return new WorkerHandle(start, callbacks, options);
  }

  /** Where the worker finds the class. @throws ConfigError if neither the options nor the class name its module */
  #source({ module = this.#ownModule, exportName }: ProducerOptions): ProducerSource {
    const className = this.constructor.name;
    if (module === undefined) {
      const hint = 'static module = import.meta.url; (__filename in CommonJS)';
      const inherited = this.#statics.module === undefined ? '' : ' (it inherits `module`, which names another file)';
      throw new ConfigError(`class ${className} does not say where the worker finds it${inherited}: ${hint}`);
    }
    return { module, className, config: this.config, ...(exportName !== undefined && { exportName }) };
  }

  /** The module that the class names or inherits, unless the worker could not find the class there. */
  get #ownModule(): string | undefined {
    const { module, runsInline } = this.#statics;
    if (module === undefined || !inheritsOtherFile(this.constructor, pathOf(module))) return module;
    return runsInline.call(this.constructor, this.config, NO_LOG) ? module : undefined;
  }

  #wait(options: CallerWaitOptions): WaitOptions {
    this.#unitHint.consider('timeout', options.timeout);
    return checkedWait(options);
  }

  #caller(method: string): Engine {
    if (this.#engine === undefined) throw new OutspoolError(sideEffect(`${method}()`));
    return this.#engine;
  }

  /**
   * Puts a message into the queue and returns at once. The message is accepted whether it returns true or false. False means that the
   * queue is above the high-water mark, which is a good moment for `waitForRoom()`.
   * @throws InvalidMessageError, QueueFullError, ProducerClosedError; the message was then not accepted
   */
  produce<V>(message: MessageOf<V>, options: ProduceOptions = {}): boolean {
    assertKnown(options, 'produce', message);
    const { isError = false, [ROUTED]: routed } = options;
    return this.#caller('produce').accept(message, { isError, report: false, routed });
  }

  /** Resolves when the message is accepted, and on disk if there is a spool. Waits for capacity if it must. @throws as `produce` */
  async enqueue<V>(message: MessageOf<V>, options: ProduceOptions & CallerWaitOptions = {}): Promise<void> {
    assertKnown(options, 'enqueue', message);
    const accept = { isError: options.isError ?? false, report: false, routed: options[ROUTED] };
    await this.#caller('enqueue').acceptWhenRoom(message, accept, this.#wait(options));
  }

  /** Resolves when the broker has acknowledged the message. @throws PublishError, DeliveryTimeoutError; as `produce` */
  async send<V>(message: MessageOf<V>, options: ProduceOptions & CallerWaitOptions = {}): Promise<DeliveryReport> {
    assertKnown(options, 'send', message);
    const isError = options.isError ?? false;
    const wait = this.#wait(options);
    const engine = this.#caller('send');
    const given = readOnce(message); // read once for the queue and for the log, which shows the topic and the key
    const context = this.#sendLogContext(given, isError, wait);
    return this.#sendLog.logged(
      engine.send(given, { isError, routed: options[ROUTED], id: options[KEPT_ID] }, wait),
      context,
    );
  }

  #sendLogContext({ topic, key }: MessageInput, isError: boolean, { signal }: WaitOptions): SendLogContext {
    const to = deliverySettings(this.#base);
    const ownTopic = isError ? to.errorTopic : to.topic;
    const { name: className } = this.constructor;
    const level = this.#base.log_deliveries === 'info' ? 'info' : 'debug';
    return { logger: this.log, producer: this.name, level, className, topic: topic ?? ownTopic, key, signal };
  }

  /** `send` with the topic first, and with bytes or any JSON value as the value. @throws as `send` */
  async publish<V>(topic: string, value: Sendable<V>, options: PublishOptions = {}): Promise<DeliveryReport> {
    const { input, wait } = published(topic, value, options);
    return this.send(input, wait);
  }

  /** Resolves with true once the queue is below its high-water mark, and with false at the deadline. */
  async waitForRoom(options: CallerWaitOptions = {}): Promise<boolean> {
    assertKnown(options, 'waitForRoom');
    return this.#caller('waitForRoom').waitForRoom(this.#wait(options));
  }

  /** Waits until all messages accepted so far have settled. `remaining` is the number of those that had not by the deadline. */
  async flush(
    timeout: DurationInput = DEFAULT_FLUSH_MS,
    options: Pick<CallerWaitOptions, 'signal'> = {},
  ): Promise<{ remaining: number }> {
    assertKnown(options, 'flush');
    this.#unitHint.consider('flush', timeout);
    return this.#caller('flush').flush(checkedWait({ ...options, timeout }));
  }

  /** Starts the worker, as the first message does too, and resolves once it is connected. @throws ConnectError */
  async start(options: CallerWaitOptions = {}): Promise<void> {
    assertKnown(options, 'start');
    await this.#caller('start').start(this.#wait(options));
  }

  /** Delivers what it can within `timeout`, closes, and returns the number of messages by final state. Later calls get the same promise. */
  shutdown(timeout: DurationInput = DEFAULT_SHUTDOWN_MS): Promise<ShutdownOutcome> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    try {
      const ms = checkedMs(timeout);
      this.#unitHint.consider('shutdown', timeout);
      // The hint may have called a logger of the application, which may have called this.
      this.#shutdown ??= this.#caller('shutdown').shutdown(ms);
      return this.#shutdown;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Checks the connection to the broker layer by layer, and reports at which layer it fails and what to do about it. A failing layer is
   * no error. With `roundTrip`, a message is sent and acknowledged. @throws the signal's reason, once it is aborted
   */
  async check(options: CheckOptions = {}): Promise<CheckReport> {
    assertKnown(options, 'check');
    const { timeout = DEFAULT_TIMEOUT_MS, signal } = this.#wait(options);
    const engine = this.#caller('check');
    const { steps: way, close, complete } = this.checkPlan();
    const first = engine.failure === undefined ? [] : [failedStep(engine.failure)];
    const last = options.roundTrip ? [roundTripStep(this, complete)] : [];
    const context = {
      topic: options.topic ?? deliverySettings(this.#base).topic,
      end: performance.now() + timeout,
      signal,
    };
    const report = await runCheck({ steps: [...first, ...way, ...last], close }, context);
    return maskedData(withThrottled(report, engine.throttled), this.#mask);
  }

  /** Returns the steps of `check` before a round trip. A kind that can tell layers apart overrides it. */
  protected checkPlan(): CheckPlan {
    return { steps: [connectStep(this)], close: async () => {} };
  }

  /** @internal The capacity check for the routes of a runtime. */
  get [CAPACITY_CHECK](): CapacityCheck {
    return this.#caller('capacityCheck').capacityCheck;
  }

  /** @internal The figures for metrics, and what the operations endpoint asks in addition. */
  get [MEASURED](): Operable {
    const engine = this.#caller('metrics');
    return {
      name: this.name,
      kind: this.#base.type,
      snapshot: () => engine.snapshot(),
      isFull: () => engine.isFull,
      lastError: () => engine.lastError,
    };
  }

  /** Returns the producer's state and counters now. Pending messages are counted one by one. */
  stats(): Stats {
    return this.#caller('stats').stats();
  }

  /** Returns what may be logged of the producer: its name, and its configuration without secrets. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { name: this.name, config: maskedData(withoutSecrets(this.config, this.#statics.config), this.#mask) };
  }

  /** Does the same for `console.log`. */
  [inspect.custom](_depth: number, options: Parameters<typeof inspect>[1]): string {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /**
   * Called on the caller's thread for every settled message, if a subclass overrides it. `error` is null for a delivered message. It must
   * not throw.
   */
  protected deliveryReport(_error: Error | null, _report: DeliveryReport): void {}

  abstract _connect(signal: AbortSignal): Promise<void> | void;
  abstract _send(isError: boolean, message: Message, signal: AbortSignal): Promise<unknown> | unknown;
  abstract _close(): Promise<void> | void;

  /** Sends one message after the other. A kind that can do better overrides it, within the rules of transport.ts. */
  async _sendBatch(batch: Batch): Promise<void> {
    await sendOneByOne(batch, (message, signal) => this._send(message.isError, message, signal));
  }
}
