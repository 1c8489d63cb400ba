/** The same messages to Kafka, RabbitMQ and a file, while one of them is down. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ProducerRuntime } from '../../src/runtime.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import type { RabbitServer } from './server.ts';

/** 100 000 and 60 in the long tier. */
const MESSAGES = Number(process.env.OUTSPOOL_FAN_OUT_MESSAGES ?? 10_000);
const DOWN_MS = Number(process.env.OUTSPOOL_FAN_OUT_SECONDS ?? 3) * 1000;
const PATIENCE_MS = 120_000;
/** stats() counts what is pending one by one: to look all the time would be what takes the time. */
const LOOK_MS = 50;
/** Enqueued together. */
const GROUP = 1000;

const TARGETS = ['kafka', 'rabbitmq', 'archive'] as const;
type Target = (typeof TARGETS)[number];

describe(`fan-out of ${MESSAGES} messages, one target down for ${DOWN_MS / 1000} s`, function () {
  this.timeout(DOWN_MS + 4 * PATIENCE_MS);

  const directory = temporaryDirectories();
  let server: RabbitServer;
  let kafka: EmbeddedKafka;
  let runtime: ProducerRuntime;
  let folder: string;
  let name: string;
  let runs = 0;

  beforeEach(async () => {
    name = `fan-out-${runs++}`;
    folder = directory();
    server = await rabbitServer();
    kafka = await EmbeddedKafka.start({ topics: { [name]: 1 } });
    const inspector = await Inspector.connect(server);
    await inspector.pair(name);
    await inspector.close();
  });

  afterEach(async () => {
    await runtime.shutdown(5000);
    await kafka.stop();
  });

  /** Connected, with one message delivered by all; `queue` is that of the target that will be down. */
  async function start(down: Target, queue: number): Promise<void> {
    const { url, username, password } = server.settings;
    const settings: Record<Target, object> = {
      kafka: { type: 'kafka', bootstrap_servers: kafka.bootstrapServers },
      rabbitmq: { type: 'rabbitmq', url, username, password, exchange: name },
      archive: { type: 'file', path: 'archive.ndjson', format: 'value' },
    };
    const producers = TARGETS.map((target) => ({
      name: target,
      topic: name,
      backoff_seconds: 0.5,
      queue: { max_messages: target === down ? queue : 2 * MESSAGES },
      ...settings[target],
    }));
    const file = join(folder, 'pipeline.yaml');
    writeFileSync(file, JSON.stringify({ producers, routes: [{ to: TARGETS }] }));
    runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    await runtime.send({ value: 0 }, { timeout: PATIENCE_MS });
  }

  const stop = (target: Target) => (target === 'kafka' ? kafka.brokerDown(1) : server.kill());
  const startAgain = (target: Target) => (target === 'kafka' ? kafka.brokerUp(1) : server.up());

  async function enqueueAll(): Promise<void> {
    for (let from = 1; from < MESSAGES; from += GROUP) {
      const values = Array.from({ length: Math.min(GROUP, MESSAGES - from) }, (_, index) => from + index);
      await Promise.all(values.map((value) => runtime.enqueue({ value }, { timeout: DOWN_MS + PATIENCE_MS })));
    }
  }

  const counts = (target: Target) => {
    const { accepted, delivered, pending } = runtime.producer(target).stats();
    return { accepted, delivered, pending };
  };

  const othersOf = (down: Target) => TARGETS.filter((target) => target !== down);

  async function haveDelivered(targets: readonly Target[], count: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    const left = () => targets.filter((target) => counts(target).delivered !== count);
    while (left().length > 0 && performance.now() < end) await sleep(LOOK_MS);
    expect(left(), `that have not delivered ${count} in time`).to.deep.equal([]);
  }

  async function timed(work: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await work();
    return performance.now() - began;
  }

  /** Enqueues everything, and waits until these targets have delivered it. Returns after how many ms each had. */
  async function sendAll(targets: readonly Target[]): Promise<string> {
    const enqueued = enqueueAll();
    const began = performance.now();
    const took = targets.map(async (target) => {
      await haveDelivered([target], MESSAGES);
      return `${target} ${(performance.now() - began).toFixed(0)} ms`;
    });
    await enqueued;
    return (await Promise.all(took)).join(', ');
  }

  /** Everything is where it belongs, once but for what RabbitMQ did not live to confirm. */
  async function allArrived(): Promise<void> {
    const expected = Array.from({ length: MESSAGES }, (_, value) => value);
    const lines = readFileSync(join(folder, 'archive.ndjson'), 'utf8').trimEnd().split('\n');
    expect(lines.map(Number)).to.deep.equal(expected);
    const read = await readTopic({ bootstrapServers: kafka.bootstrapServers, topic: name, count: MESSAGES });
    expect(read.map(({ value }) => Number(value))).to.deep.equal(expected);
    const inspector = await Inspector.connect(server);
    const taken = (await inspector.takeAll(name)).map(({ content }) => Number(content));
    await inspector.close();
    expect([...new Set(taken)]).to.deep.equal(expected);
  }

  async function settle(): Promise<void> {
    await haveDelivered(TARGETS, MESSAGES);
    for (const target of TARGETS)
      expect(counts(target), target).to.deep.equal({ accepted: MESSAGES, delivered: MESSAGES, pending: 0 });
    await allArrived();
  }

  it('nobody is down, to compare with', async () => {
    await start('kafka', 2 * MESSAGES);
    console.log(`      ${await sendAll(TARGETS)}`);
    await settle();
  });

  for (const down of ['kafka', 'rabbitmq'] as const) {
    it(`${down}, with a queue for all of them: the others do not notice`, async () => {
      await start(down, 2 * MESSAGES);
      await stop(down);
      const back = sleep(DOWN_MS);
      const took = await sendAll(othersOf(down));
      expect(counts(down)).to.deep.equal({ accepted: MESSAGES, delivered: 1, pending: MESSAGES - 1 });
      await back;
      await startAgain(down);
      const after = await timed(settle);
      console.log(`      ${took}; ${down}, once it was back, and reading everything: ${after.toFixed(0)} ms`);
    });

    it(`${down}, with a queue for a tenth: the others go on until it is full, and after the outage`, async () => {
      const queue = MESSAGES / 10;
      await start(down, queue);
      await stop(down);
      const enqueued = enqueueAll();
      await haveDelivered(othersOf(down), queue + 1);
      await sleep(DOWN_MS);
      for (const target of TARGETS) expect(counts(target), target).to.include({ accepted: queue + 1 });
      await startAgain(down);
      const tookMs = await timed(() => enqueued);
      await settle();
      console.log(`      once ${down} was back, the rest was accepted in ${tookMs.toFixed(0)} ms`);
    });
  }
});
