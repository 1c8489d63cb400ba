/**
 * The Kafka driver on node-rdkafka's own JavaScript, for the caller's thread: where koffi cannot load. Slower, and it
 * keeps that thread busy. Its differences: no binary header values; no purge, so that after `purge` the client may
 * still deliver what it has, and takes nothing more until it has been closed and opened again; and the binding holds
 * the process open for as long as it is connected, idle or not.
 */

import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'node-rdkafka';
import { onAbort } from '../../abort.ts';
import { asError, ConfigError, OutspoolError, TransientSendError } from '../../errors.ts';
import type { Batch } from '../../transport.ts';
import { requirePackage } from '../optional-package.ts';
import { explain, Hearsay, LOOK_MS } from './check/explain.ts';
import type { Properties } from './check/servers.ts';
import { lostServer } from './diagnosis.ts';
import type { KafkaDriver, KafkaDriverOptions } from './driver.ts';
import { logLevelOf } from './log-level.ts';
import { NodeRdkafkaQueue } from './node-rdkafka-queue.ts';
import { withoutSecrets } from './raw-properties.ts';
import { Troubles } from './troubles.ts';

const require = createRequire(import.meta.url);

/** `user` says who needs it. @throws ConfigError where it is not installed */
export const loadNodeRdkafka = (user: string): typeof import('node-rdkafka') =>
  requirePackage(user, 'node-rdkafka', () => require('node-rdkafka'));

/** The binding's word for how long the first metadata may take; it occupies a thread of the pool meanwhile. */
const CONNECT_TIMEOUT_MS = 5000;
/** A first address may be refused and a second one work, after a back-off of about 100 ms. */
const GRACE_MS = 400;
/** The event's code is always -1. */
const ALL_DOWN = /brokers? .*down/i;
/** For what is in flight at a purge, which the binding does not have. */
const REPORTS_GRACE_MS = 250;
const POLL_BUSY_MS = 2;
const POLL_IDLE_MS = 50;

export class NodeRdkafkaDriver implements KafkaDriver {
  readonly #options: KafkaDriverOptions;
  readonly #user: string;
  #producer: Producer | undefined;
  #queue: NodeRdkafkaQueue | undefined;
  #poll: NodeJS.Timeout | undefined;

  /** `user` says, in an error, who needs node-rdkafka. */
  constructor(options: KafkaDriverOptions, user = "the driver 'node-rdkafka'") {
    this.#options = options;
    this.#user = user;
  }

  /** A new object for each attempt: one that is connected again reports every delivery twice. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#producer !== undefined) throw new OutspoolError('the driver is open: close it first');
    const producer = this.#create();
    const queue = new NodeRdkafkaQueue(producer);
    this.#producer = producer;
    this.#queue = queue;
    producer.on('delivery-report', (error, report) => queue.report(error, report));
    let connecting = true; // an attempt that fails says why in one line, which is not to come after others
    const troubles = new Troubles(this.#options.log);
    producer.on('event.throttle', ({ brokerName, throttleTime }) => {
      if (throttleTime > 0) this.#options.throttled?.(String(brokerName), Number(throttleTime));
    });
    producer.on('event.log', ({ severity, fac, message }) => {
      const lost = lostServer(`${fac} ${message}`);
      if (lost !== undefined) this.#options.disconnected?.(lost);
      if (connecting) this.#options.log('debug', String(message));
      else troubles.line(logLevelOf(severity), String(message));
    });
    // Before connecting: errors come out of `poll` alone.
    this.#schedulePoll();
    await connect(producer, { signal, properties: this.#options.properties });
    connecting = false;
  }

  async produceBatch(batch: Batch): Promise<void> {
    if (this.#queue === undefined) throw new OutspoolError('the driver is not open');
    if (this.#queue.retired)
      throw new TransientSendError("the driver 'node-rdkafka' needs a fresh client after a purge");
    const ended = this.#queue.add(batch);
    this.#queue.pump();
    this.#schedulePoll();
    await ended;
  }

  purge(): void {
    const queue = this.#queue;
    queue?.retire();
    // Reports that are on the way already are taken: they say what was at fault, and what must not be sent again.
    setTimeout(() => queue?.forget(), REPORTS_GRACE_MS).unref();
  }

  get spent(): boolean {
    return this.#queue?.retired ?? false;
  }

  /** Reports are lost with the connection, so what is in flight comes first. */
  async close(deadlineMs: number): Promise<void> {
    const [producer, queue] = [this.#producer, this.#queue];
    this.#producer = undefined;
    if (producer === undefined || queue === undefined) return;
    const end = performance.now() + deadlineMs;
    queue.stop();
    while (!queue.idle && performance.now() < end) await sleep(POLL_BUSY_MS).then(() => poll(producer));
    clearTimeout(this.#poll);
    queue.forget();
    this.#queue = undefined;
    await Promise.race([disconnect(producer), sleep(Math.max(end - performance.now(), 0))]);
  }

  #create(): Producer {
    const { properties, topicProperties } = this.#options;
    const { Producer } = loadNodeRdkafka(this.#user);
    try {
      // Topic properties apart: among the global ones the binding drops them without a word.
      return new Producer({ ...properties, dr_cb: true, event_cb: true }, { ...topicProperties });
    } catch (error) {
      throw new ConfigError(`librdkafka refuses the properties: ${withoutSecrets(asError(error).message, properties)}`);
    }
  }

  #schedulePoll(): void {
    clearTimeout(this.#poll);
    const [producer, queue] = [this.#producer, this.#queue];
    if (producer === undefined || queue === undefined) return;
    this.#poll = setTimeout(
      () => {
        poll(producer);
        queue.pump();
        this.#schedulePoll();
      },
      queue.idle ? POLL_IDLE_MS : POLL_BUSY_MS,
    );
    if (queue.idle) this.#poll.unref();
  }
}

/** Throws before the connection and after it, when there is nothing to poll for. */
function poll(producer: Producer): void {
  try {
    producer.poll();
  } catch {}
}

interface Connecting {
  readonly signal: AbortSignal;
  readonly properties: Properties;
}

/** The binding only ever says that the transport failed, in its errors too; why, it says in its log. */
function connect(producer: Producer, { signal, properties }: Connecting): Promise<void> {
  return new Promise((resolve, reject) => {
    const hearsay = new Hearsay();
    let grace: NodeJS.Timeout | undefined;
    const fail = async () => {
      const deadline = signal.aborted ? 0 : performance.now() + LOOK_MS;
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
      // The text of the events says more than "broker transport failure".
      if (error) void fail();
      else end();
    });
  });
}

function disconnect(producer: Producer): Promise<void> {
  return new Promise((resolve) => {
    try {
      // It flushes first, and throws where it has never been connected.
      producer.disconnect(1, () => resolve());
    } catch {
      // Still connecting: it ends when it has.
      producer.once('ready', () => producer.disconnect());
      resolve();
    }
  });
}
