/**
 * The Kafka kind, the entry of this folder. Passes whole batches to a client that keeps their order while it pipelines them.
 * Runs in the worker thread, except `inspect`, `runsInline`, `reclaim` and `checkPlan`, and everything with the driver
 * node-rdkafka.
 */

import { isMainThread } from 'node:worker_threads';
import { BaseProducer, type InspectOptions } from '../../caller/base-producer.ts';
import type { CheckPlan } from '../../caller/check/check.ts';
import { connectStep } from '../../caller/check/common-steps.ts';
import { deliverySettings } from '../../caller/from-config.ts';
import type { Destination } from '../../caller/telemetry/attributes.ts';
import { hostOf } from '../../caller/telemetry/destination.ts';
import type { Finding } from '../../config/report/findings.ts';
import { BackPressure } from '../../shared/back-pressure.ts';
import { ConfigError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { News } from '../../shared/log/news.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';
import { isPassing } from '../../shared/util/passing-errors.ts';
import { singleBatch } from '../common/single-batch.ts';
import { Pace } from './batches/pace.ts';
import { PacedDriver } from './batches/paced-driver.ts';
import { planWithLibrdkafka, planWithout } from './check/plan.ts';
import { clientStatistics, INTERVAL } from './client-statistics.ts';
import { inspectClient, nativeProblem, nodeRdkafkaUser } from './config-check/available.ts';
import { inspectKafka } from './config-check/inspect.ts';
import type { KafkaDriver, KafkaDriverOptions } from './driver.ts';
import { describeLibrary, libraryText } from './librdkafka/inspect/library.ts';
import { loadNative } from './librdkafka/native/load.ts';
import { LEDGER_BYTES, LibrdkafkaDriver, reclaim } from './librdkafka/send/driver.ts';
import { NodeRdkafkaDriver } from './node-rdkafka/driver.ts';
import { Sightings } from './partitions/sightings.ts';
import { clientProperties } from './properties.ts';
import { KafkaProducerConfig } from './schema.ts';

/** Time in ms for messages in flight to come back at a close. Within a shutdown the deadline is shorter anyway. */
const CLOSE_TIMEOUT_MS = 2000;
/** A broker does not report which quota was used up. */
const QUOTA = 'a quota of the user or the client id';

export class KafkaProducer extends BaseProducer<typeof KafkaProducerConfig> {
  static override readonly module: string = import.meta.url;
  static override readonly config = KafkaProducerConfig;
  static override readonly ledgerBytes = LEDGER_BYTES;

  static override inspect(config: Readonly<Record<string, unknown>>, options: InspectOptions): readonly Finding[] {
    return [...inspectClient(config.driver), ...inspectKafka(config, options)];
  }

  static override reclaim(ledger: SharedArrayBuffer): void {
    reclaim(ledger);
  }

  /** Whether the driver runs on the application's thread. node-rdkafka's JavaScript aborts the process in a worker. */
  static override runsInline(config: unknown, log?: Logger): boolean {
    const { driver, name } = config as { driver: string; name: string };
    const problem = driver === 'librdkafka' ? nativeProblem() : undefined;
    // node-rdkafka replaces a library that is missing, and would then stay in use. So a transient problem is thrown.
    if (isPassing(problem)) throw problem;
    if (driver === 'librdkafka' && problem === undefined) {
      if (log !== undefined) logLibrary(log, name);
      return false;
    }
    const why = problem && { err: problem.message };
    log?.warn(
      { producer: name, ...why },
      'driver node-rdkafka runs on the caller’s thread and takes time from its loop',
    );
    return true;
  }

  /** Names the first server of the configuration, because the broker that gets a message is not known on the caller's thread. */
  static override destination(config: unknown): Destination {
    const { bootstrap_servers: servers } = config as { bootstrap_servers?: string | readonly string[] };
    const [first = ''] = typeof servers === 'string' ? servers.split(',') : (servers ?? []);
    return { system: 'kafka', server: hostOf(first.trim()) };
  }

  /** Unlimited without transactions, as each partition keeps its order and has its own limits. Transactions go one by one. */
  get batchesInFlight(): number {
    return this.config.transactional_id === undefined ? Number.POSITIVE_INFINITY : 1;
  }

  /** Two for transactions, which cost the same whatever their size. While one is under way, the next one waits and grows. */
  get batchesHeld(): number | undefined {
    return this.config.transactional_id === undefined ? undefined : 2;
  }

  /** Shared by all clients of this producer. */
  readonly #sightings = new Sightings();
  /** Filters log lines, because a new client reports again what an earlier one has reported. */
  readonly #news = new News(() => performance.now());
  /** Joins pauses, because a quota that is nearly used up causes one after the other. */
  readonly #backPressure = new BackPressure({
    log: this.log,
    begins: 'a broker throttles this client, which has used up its quota: messages wait, and no attempt ages meanwhile',
    ends: 'no broker throttles this client any more',
    lingerMs: 5000,
    tell: this.tellThrottled,
  });
  readonly #pace = new Pace(this.config.transactional_id !== undefined);
  /** Total time in ms that earlier drivers have waited for topics. */
  #missingMs = 0;
  #driver: PacedDriver | undefined;
  /** Whether an earlier worker may have left clients that the application's thread could not release. */
  #mayInherit = this.ledger.byteLength > 0;

  async _connect(signal: AbortSignal): Promise<void> {
    this.#endInherited();
    this.#driver = this.#createDriver();
    await this.#driver.open(signal);
  }

  /** Releases what an earlier worker has left, before this worker has made a client. */
  #endInherited(): void {
    if (this.#mayInherit) reclaim(this.ledger);
    this.#mayInherit = false;
  }

  get #driverOptions(): KafkaDriverOptions {
    const settings = deliverySettings(this.config);
    return {
      ...clientProperties(this.config),
      defaults: settings,
      connectTimeoutMs: settings.connectTimeoutMs,
      topicMissingMs: this.config.topic_missing_seconds * 1000,
      sightings: this.#sightings,
      ledger: this.ledger,
      log: (level, message) => this.log[level === 'debug' || this.#news.is(message) ? level : 'debug']({}, message),
      throttled: (broker, ms) => this.#throttled(broker, ms),
      isThrottled: () => this.#backPressure.isOn,
      ...(this.#wantsStatistics && {
        statistics: (text: string) => this.tellStatistics(clientStatistics(text)),
      }),
      disconnected: (broker) => this.#backPressure.end(broker),
    };
  }

  get #wantsStatistics(): boolean {
    return Number(this.config.client?.[INTERVAL] ?? 0) > 0;
  }

  #throttled(broker: string, ms: number): void {
    this.#backPressure.begin({ broker, reason: QUOTA, ms });
    this.#pace.throttled(ms, this.#driver?.bytesOnTheWay ?? 0);
  }

  protected override checkPlan(): CheckPlan {
    const options = this.#driverOptions;
    if (!KafkaProducer.runsInline(this.config)) return planWithLibrdkafka(options);
    return planWithout(options, connectStep(this));
  }

  #createDriver(): PacedDriver {
    return new PacedDriver(this.#createClient(), {
      pace: this.#pace,
      pauseMs: () => this.#backPressure.leftMs,
      batchesInFlight: this.batchesInFlight,
    });
  }

  #createClient(): KafkaDriver {
    const options = this.#driverOptions;
    // `runsInline` has decided where this runs. A worker has no second choice, because node-rdkafka would abort the process
    // there. So a library that does not load is an error of the connection.
    if (!isMainThread || !KafkaProducer.runsInline(this.config)) return new LibrdkafkaDriver(options);
    if (this.config.transactional_id !== undefined)
      throw new ConfigError(`transactional_id needs the driver librdkafka: ${nativeProblem()?.message}`);
    return new NodeRdkafkaDriver(options, nodeRdkafkaUser(this.config.driver));
  }

  override async _sendBatch(batch: Batch): Promise<void> {
    await this.#driver?.produceBatch(batch);
  }

  async _send(isError: boolean, message: Message, signal: AbortSignal): Promise<void> {
    await singleBatch(message, { isError, signal }, (batch) => this._sendBatch(batch));
  }

  _recall(): void {
    this.#driver?.recall();
  }

  _interrupt(): void {
    this.#driver?.purge();
  }

  get _spent(): boolean {
    return this.#driver?.spent ?? false;
  }

  get _heldUpMs(): number {
    return this.#backPressure.ms + this.#missingMs + (this.#driver?.heldUpMs ?? 0);
  }

  async _close(): Promise<void> {
    const driver = this.#driver;
    this.#missingMs += driver?.heldUpMs ?? 0;
    this.#driver = undefined;
    try {
      await driver?.close(CLOSE_TIMEOUT_MS);
    } finally {
      this.#backPressure.end();
    }
  }
}

/** Logs which librdkafka a producer runs on. */
function logLibrary(log: Logger, producer: string): void {
  const library = describeLibrary(loadNative());
  log.debug({ producer, librdkafka: library }, libraryText(library));
}
