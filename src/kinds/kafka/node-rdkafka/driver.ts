/**
 * The Kafka driver on node-rdkafka's own JavaScript, for the application's thread, where koffi cannot load. It is slower and
 * keeps that thread busy. Its differences:
 *
 * - It carries no binary header values.
 * - It has no purge. After `purge` the client may still deliver what it has, and takes nothing more until it has been closed
 *   and opened again.
 * - The binding holds the process open while it is connected, idle or not.
 */

import { createRequire } from 'node:module';
import { asError, ConfigError, ConnectError, OutspoolError, TransientSendError } from '../../../shared/errors.ts';
import type { Batch } from '../../../shared/transport.ts';
import { onAbort } from '../../../shared/util/abort.ts';
import { systemClock } from '../../../shared/util/clock.ts';
import { requirePackage } from '../../common/optional-package.ts';
import type { KafkaDriver, KafkaDriverOptions } from '../driver.ts';
import { ERROR_TABLE } from '../errors/errors.ts';
import { lostServer } from '../explain/diagnosis.ts';
import { explain, Hearsay, PROBE_MS } from '../explain/explain.ts';
import type { Properties } from '../explain/servers.ts';
import { withoutStrangers } from '../explain/strangers.ts';
import { logLevelOf, Troubles } from '../explain/troubles.ts';
import type { Channel } from '../partitions/channel.ts';
import { Channels, type Role, SINGLE } from '../partitions/channels.ts';
import { createHandover, type HandingOver } from '../partitions/create.ts';
import type { EndOffset, LedPartition } from '../partitions/end-offsets.ts';
import { unusableFile } from '../raw-files.ts';
import { withoutSecrets } from '../raw-properties.ts';
import type { BindingProducer, NodeRdkafka } from './binding.ts';
import { NodeRdkafkaChannel, poll } from './channel.ts';
import { endOffsets } from './ends.ts';
import { REPORT_TEXTS } from './report-texts.ts';
import { withStatistics } from './statistics.ts';

const require = createRequire(import.meta.url);

/** `user` names in an error what needs the package. @throws ConfigError where it is not installed */
export const loadNodeRdkafka = (user: string): NodeRdkafka =>
  requirePackage(user, 'node-rdkafka', () => require('node-rdkafka'));

/** Maximum time in ms for the first metadata, as the binding takes it. The wait occupies a thread of libuv's pool. */
const CONNECT_TIMEOUT_MS = 5000;
/** Time in ms in which a second address may still answer after the first was refused. librdkafka's back-off is about 100 ms. */
const GRACE_MS = 400;
/** Matches the event by its text, because its code is always -1. */
const ALL_DOWN = /brokers? .*down/i;
/** Time in ms for the reports of messages in flight at a purge, which the binding does not have. */
const REPORTS_GRACE_MS = 250;
const POLL_IDLE_MS = 50;
/** Times in ms after which an abandoned client counts as having all of its answers: without a report, and at the latest. */
const QUIET_MS = 1000;
const ANSWERS_MS = 5000;

/** librdkafka's texts for its codes. */
const TEXTS: ReadonlyMap<number, string> = new Map(Array.from(REPORT_TEXTS, ([text, code]) => [code, text]));

/** Returns where a client reports to. */
type Target = () => HandingOver | undefined;

export class NodeRdkafkaDriver implements KafkaDriver {
  readonly #options: KafkaDriverOptions;
  readonly #user: string;
  readonly #troubles: Troubles;
  #channels: Channels<NodeRdkafkaChannel> | undefined;
  #handingOver: HandingOver | undefined;
  #isPurged = false;
  #closes = 0;
  #closing = new AbortController();
  /** The properties, without servers that librdkafka must not meet (strangers.ts). */
  #properties: Properties;

  /** `user` names in an error what needs node-rdkafka. */
  constructor(options: KafkaDriverOptions, user = "the driver 'node-rdkafka'") {
    this.#options = options;
    this.#properties = options.properties;
    this.#user = user;
    this.#troubles = new Troubles(options.log);
  }

  /** Creates a new object for each attempt, because one that is connected again reports every delivery twice. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#channels !== undefined) throw new OutspoolError('the driver is open: close it first');
    const closes = this.#closes;
    this.#closing = new AbortController();
    this.#properties = (await withoutStrangers(this.#options)).properties;
    if (this.#closes !== closes) throw new ConnectError('closed while it was connecting');
    let handingOver: HandingOver | undefined;
    const target = () => handingOver;
    const first = this.#createChannel('sets', target);
    const channels = new Channels(first, (role) => this.#connected(this.#createChannel(role, target), target));
    handingOver = createHandover(this.#options, {
      channels,
      searches: true,
      addressOf: () => 0, // the binding copies
      text: (code) => ({ code, name: ERROR_TABLE.get(code)?.[1] ?? 'no name', text: TEXTS.get(code) ?? 'refused' }),
      changed: () => handingOver?.handover.pump(),
      endOffsets: (places) => this.#endOffsets(places),
      renew: (channel, why) => this.#renew(channel, why),
    });
    this.#channels = channels;
    this.#handingOver = handingOver;
    await connect(first.producer, { signal, properties: this.#properties });
    first.ready = true;
  }

  /** Connects a client that replaces another one, whose connection worked. */
  #connected(channel: NodeRdkafkaChannel, target: Target): NodeRdkafkaChannel {
    channel.producer.connect({ timeout: CONNECT_TIMEOUT_MS }, (error) => {
      if (error) channel.fail(error.message);
      else channel.ready = true;
      target()?.handover.pump();
    });
    return channel;
  }

  /**
   * Replaces a client that finds no leader. Messages without a leader are in no queue that the client reports. So the driver
   * waits for the answers to the others, and takes back the rest.
   */
  #renew(channel: Channel, why: string): void {
    this.#channels?.active.find((one) => one === channel)?.fail(why);
    void this.#purgeWhenQuiet(channel, performance.now() + ANSWERS_MS);
  }

  async #purgeWhenQuiet(channel: Channel, end: number): Promise<void> {
    const { signal } = this.#closing;
    const isLeft = () => !signal.aborted && performance.now() < end;
    for (let before = Number.NaN; isLeft() && channel.inFlight !== before; ) {
      before = channel.inFlight;
      await systemClock.sleep(QUIET_MS, signal);
    }
    if (!signal.aborted) this.purge();
  }

  /** If a broker throttles this client, that already explains the missing answers, so no question is asked. */
  async #endOffsets(places: readonly LedPartition[]): Promise<readonly EndOffset[]> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    if (this.#options.isThrottled?.()) return places.map(() => 'unknown');
    const { 'enable.gapless.guarantee': _gapless, ...rest } = this.#properties;
    const properties = { ...rest, 'enable.idempotence': 'false' };
    const producer = this.#createProducer(properties);
    return endOffsets(producer, places, (over) => connect(producer, { signal: over, properties }), signal);
  }

  async produceBatch(batch: Batch): Promise<void> {
    if (this.#handingOver === undefined) throw new OutspoolError('the driver is not open');
    if (this.#isPurged) throw new TransientSendError("the driver 'node-rdkafka' needs a fresh client after a purge");
    const ended = this.#handingOver.handover.add(batch);
    this.#handingOver.handover.pump();
    await ended;
  }

  recall(): void {
    this.#handingOver?.handover.halt();
  }

  purge(): void {
    const handingOver = this.#handingOver;
    this.#isPurged = true;
    handingOver?.handover.halt();
    // Reports that are on the way already still count. They tell what was at fault, and what must not be sent again.
    setTimeout(() => handingOver?.handover.abandon(), REPORTS_GRACE_MS).unref();
  }

  get heldUpMs(): number {
    return this.#handingOver?.topology.missingMs ?? 0;
  }

  get spent(): boolean {
    return this.#isPurged || this.#channels?.active.some(({ end }) => end === 'failure') === true;
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closes++;
    this.#closing.abort();
    const [channels, handingOver] = [this.#channels, this.#handingOver];
    this.#channels = undefined;
    this.#handingOver = undefined;
    this.#isPurged = false;
    handingOver?.handover.halt();
    handingOver?.topology.close();
    await channels?.close(deadlineMs);
    handingOver?.handover.abandon();
  }

  /** Creates a client that reports to `target` until it has ended, even when another connection has begun. */
  #createChannel(role: Role, target: Target): NodeRdkafkaChannel {
    const properties: Properties =
      role === 'single' ? { ...this.#properties, ...SINGLE } : withStatistics(this.#properties);
    let connecting = true; // a failed attempt is explained in one line, so its other lines are logged at `debug`
    const channel: NodeRdkafkaChannel = new NodeRdkafkaChannel({
      producer: this.#createProducer(properties),
      properties,
      single: role === 'single',
      stopsAtRefusal: properties['enable.gapless.guarantee'] === 'true',
      report: (from, report) => {
        if (report.code === 0) this.#troubles.delivered();
        target()?.handover.report(from, report);
      },
      onTurn: () => {
        connecting &&= !channel.ready;
        target()?.handover.pump();
      },
    });
    channel.producer.on('event.throttle', ({ brokerName, throttleTime }) => {
      if (throttleTime > 0) this.#options.throttled?.(String(brokerName), Number(throttleTime));
    });
    channel.producer.on('event.stats', ({ message }) => this.#options.statistics?.(String(message)));
    channel.producer.on('event.log', ({ severity, fac, message }) => {
      const lost = lostServer(`${fac} ${message}`);
      if (lost !== undefined) this.#options.disconnected?.(lost);
      if (connecting) this.#options.log('debug', String(message));
      else this.#troubles.line(logLevelOf(severity), String(message));
    });
    return channel;
  }

  /** @throws ConnectError for a file that cannot be read; ConfigError when librdkafka refuses the properties */
  #createProducer(properties: Properties): BindingProducer {
    const unusable = unusableFile(properties);
    if (unusable !== undefined) throw new ConnectError(unusable);
    const { Producer } = loadNodeRdkafka(this.#user);
    try {
      // Topic properties go into their own argument. Among the global ones the binding drops them silently.
      return new Producer({ ...properties, dr_cb: true, event_cb: true }, { ...this.#options.topicProperties });
    } catch (error) {
      throw new ConfigError(`librdkafka refuses the properties: ${withoutSecrets(asError(error).message, properties)}`);
    }
  }
}

interface Connecting {
  readonly signal: AbortSignal;
  readonly properties: Properties;
}

/** Connects the client. The binding's errors only report that the transport failed, so the reason is read from its log. */
function connect(producer: BindingProducer, { signal, properties }: Connecting): Promise<void> {
  return new Promise((resolve, reject) => {
    const hearsay = new Hearsay();
    let grace: NodeJS.Timeout | undefined;
    const fail = async () => {
      const deadline = signal.aborted ? 0 : performance.now() + PROBE_MS;
      end(await explain(hearsay, properties, deadline));
    };
    const pump = setInterval(() => poll(producer), POLL_IDLE_MS);
    const end = (error?: Error) => {
      clearInterval(pump);
      clearTimeout(grace);
      forget();
      if (error === undefined) resolve();
      else reject(error);
    };
    producer.on('event.error', ({ message }) => {
      if (ALL_DOWN.test(message)) grace ??= setTimeout(fail, GRACE_MS);
    });
    producer.on('event.log', ({ fac, message }) => {
      if (fac === 'FAIL') hearsay.hear(String(message));
    });
    const forget = onAbort(signal, () => void fail());
    producer.connect({ timeout: CONNECT_TIMEOUT_MS }, (error) => {
      // The text of the events has more detail than "broker transport failure".
      if (error) void fail();
      else end();
    });
  });
}
