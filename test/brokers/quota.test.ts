/** Producers under a quota: that is no outage, so nothing times out, nothing is sent twice, and all arrives in the end. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { QueueFullError } from '../../src/shared/errors.ts';
import { LogLines } from '../support/log-lines.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { brokers, consumeAll, createTopic } from './index.ts';
import { liftQuota, type Quota, type QuotaEntity, setQuota } from './quotas.ts';
import { secure } from './secure.ts';

const TICK_MS = 50;
const DRAIN_MS = 90_000;
/** A broker averages over so long, and lets pass at first what a client has not used. */
const BROKERS_WINDOW_SECONDS = 11;

interface Row {
  readonly name: string;
  readonly quota: Quota;
  /** Messages a second, and the bytes of each. */
  readonly rate: number;
  readonly bytes: number;
  readonly settings?: object;
  /** The quota's user. @default a client id of the row's own */
  readonly user?: string;
  /** Seconds before the quota is lifted. @default 15 */
  readonly seconds?: number;
  /** Seconds at full speed before the quota is set. @default 0 */
  readonly before?: number;
}

const KEYS = 12;

/** One row while it runs. */
class Run {
  readonly #row: Row;
  readonly #topic: string;
  readonly #log = new LogLines();
  readonly #producer: KafkaProducer;
  #produced = 0;
  #sawThrottled = 0;
  /** When the producer first said so, and what it had delivered by then. */
  #heard?: { readonly at: number; readonly delivered: number };

  constructor(row: Row, settings: object) {
    this.#row = row;
    this.#topic = `quota-${randomUUID()}`;
    const config = { type: 'kafka' as const, name: this.#topic, client_id: this.#topic, topic: this.#topic };
    const quick = { compression: 'none' as const, attempt_timeout_seconds: 5, backoff_seconds: 1 };
    this.#producer = new KafkaProducer(
      { ...config, ...secure(brokers('single'), row.user ? 'saslPlaintext' : 'plaintext'), ...quick, ...settings },
      { logger: this.#log },
    );
  }

  get #entity(): QuotaEntity {
    const { user } = this.#row;
    return user === undefined ? { type: 'clients', name: this.#topic } : { type: 'users', name: user };
  }

  async run(): Promise<void> {
    const kafka = brokers('single');
    const { quota, before = 0, seconds = 15 } = this.#row;
    await createTopic(kafka, this.#topic, { partitions: 3 });
    if (before > 0) await this.#produceFor(before);
    await setQuota(kafka, this.#entity, quota);
    await this.#produceFor(seconds);
    this.#expectObedience();
    await this.#expectWarning();
    await liftQuota(kafka, this.#entity, quota);
    const lifted = performance.now();
    expect(await this.#producer.flush(DRAIN_MS), `${this.#row.name}: drained`).to.deep.equal({ remaining: 0 });
    const drainMs = Math.round(performance.now() - lifted);
    await this.#producer.shutdown();
    await this.#check(drainMs);
  }

  async #produceFor(seconds: number): Promise<void> {
    const { rate } = this.#row;
    const from = this.#produced;
    const began = performance.now();
    for (let ms = 0; ms < seconds * 1000; ms = performance.now() - began) {
      while (this.#produced - from < (rate * ms) / 1000 && this.#produce());
      this.#look();
      await sleep(TICK_MS);
    }
  }

  #look(): void {
    const { throttled, delivered } = this.#producer.stats();
    if (throttled === undefined) return;
    this.#sawThrottled++;
    this.#heard ??= { at: performance.now(), delivered };
  }

  /** Returns false when the queue is full. */
  #produce(): boolean {
    const filler = 'x'.repeat(this.#row.bytes);
    try {
      this.#producer.produce({ key: `k${this.#produced % KEYS}`, value: { id: this.#produced, filler } });
    } catch (error) {
      if (error instanceof QueueFullError) return false;
      throw error;
    }
    this.#produced++;
    return true;
  }

  /** A reset, or a connection that timed out, would evade the pause. */
  #expectObedience(): void {
    const { name, quota, bytes, before } = this.#row;
    const { producer_byte_rate: rate } = quota;
    if (rate === undefined || before !== undefined || this.#heard === undefined) return;
    const messages = this.#producer.stats().delivered - this.#heard.delivered;
    const seconds = (performance.now() - this.#heard.at) / 1000;
    const most = rate * (seconds + BROKERS_WINDOW_SECONDS) + 3 * Math.max(bytes, 4096);
    expect(messages * bytes, `${name}: bytes under the quota`).to.be.at.most(most);
  }

  /** Of a producer that is throttled at this moment. */
  async #expectWarning(): Promise<void> {
    if (this.#producer.stats().throttled === undefined) return;
    const { ok, layers } = await this.#producer.check();
    const warnings = layers.map(({ warning }) => warning ?? '').join('\n');
    expect({ ok, warnings }, `${this.#row.name}: check`).to.deep.equal({ ok: true, warnings });
    expect(warnings, `${this.#row.name}: check`).to.match(/has asked this producer for \d+ s to send less/);
  }

  async #check(drainMs: number): Promise<void> {
    const { name } = this.#row;
    const lastOf = new Map<string, number>();
    let [arrived, again, disordered] = [0, 0, 0];
    await consumeAll(brokers('single'), this.#topic, {
      each: ({ key, value }) => {
        const { id } = JSON.parse(String(value)) as { id: number };
        const last = lastOf.get(String(key)) ?? -1;
        arrived++;
        if (id === last) again++;
        if (id < last) disordered++;
        lastOf.set(String(key), id);
      },
    });
    const lines = this.#log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ text }) => text);
    const alarms = lines.filter((line) => !/throttles this client|runs on the caller|the queue is full/.test(line));
    const figures = `${this.#produced} produced, ${arrived} read, ${again + disordered} again or out of order, drained in ${drainMs} ms`;
    console.log(`      ${name}: ${figures}, ${alarms.length} alarms`);
    expect(alarms, `${name}: alarms`).to.deep.equal([]);
    expect({ arrived, again, disordered }, name).to.deep.equal({ arrived: this.#produced, again: 0, disordered: 0 });
    expect(this.#sawThrottled, `${name}: throttled in stats()`).to.be.above(0);
    const begins = lines.filter((line) => line.startsWith('a broker throttles this client'));
    expect(begins, `${name}: lines about it`).to.have.length.within(1, 3);
  }
}

const bytes = (producer_byte_rate: number): Quota => ({ producer_byte_rate });

describe('a quota on Apache Kafka', function () {
  this.timeout(300_000);

  const directory = temporaryDirectories();
  const run = (row: Row, settings: object = {}) => new Run(row, { ...row.settings, ...settings }).run();
  const transactional = () => ({ transactional_id: `quota-${randomUUID()}` });

  it('from 200 B/s to 200 kB/s: nothing times out, nothing arrives twice, all arrives once it is lifted', () =>
    Promise.all([
      run({ name: '200 B/s', quota: bytes(200), rate: 500, bytes: 100 }),
      run({ name: '2 kB/s', quota: bytes(2000), rate: 200, bytes: 500 }),
      run({ name: '20 kB/s', quota: bytes(20_000), rate: 200, bytes: 1000 }),
      run({ name: '200 kB/s', quota: bytes(200_000), rate: 500, bytes: 2000 }),
    ]));

  it('of 10 MB/s', () => run({ name: '10 MB/s', quota: bytes(10_000_000), rate: 2500, bytes: 8000, seconds: 20 }));

  it('for a spool, the driver node-rdkafka, and a user', () =>
    Promise.all([
      run(
        { name: 'spool, 2 kB/s', quota: bytes(2000), rate: 200, bytes: 500 },
        { queue: { spool: { path: directory() } } },
      ),
      run({ name: 'node-rdkafka, 2 kB/s', quota: bytes(2000), rate: 200, bytes: 500 }, { driver: 'node-rdkafka' }),
      run({
        name: 'user, 2 kB/s',
        quota: bytes(2000),
        rate: 200,
        bytes: 500,
        user: brokers('single').users.writer.username,
      }),
    ]));

  it('for transactions, also where the broker ends them soon', () =>
    Promise.all([
      run({ name: 'transactions, 200 B/s', quota: bytes(200), rate: 200, bytes: 100 }, transactional()),
      run({ name: 'transactions, 2 kB/s', quota: bytes(2000), rate: 200, bytes: 200 }, transactional()),
      run(
        { name: 'transactions of 10 s, 2 kB/s', quota: bytes(2000), rate: 200, bytes: 500 },
        { ...transactional(), transaction_timeout: '10s' },
      ),
    ]));

  it('of requests, and one that is set at full speed', () =>
    Promise.all([
      run({ name: '0.2 % of requests', quota: { request_percentage: 0.2 }, rate: 2000, bytes: 100 }),
      run({ name: '200 kB/s at full speed', quota: bytes(200_000), rate: 2000, bytes: 500, before: 4 }),
    ]));

  it('that one message uses up for longer than an attempt may take', () =>
    run(
      { name: '200 B/s, 8 kB', quota: bytes(200), rate: 1, bytes: 8000, seconds: 45 },
      { attempt_timeout_seconds: 30 },
    ));
});
