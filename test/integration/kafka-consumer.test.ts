/** The consumer by itself on an embedded cluster: a slow reader, errors in the place of messages, and how it ends. */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { LEDGER_BYTES, Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { reclaimHandles } from '../../src/kinds/kafka/librdkafka/close/reclaim.ts';
import { Consumer } from '../../src/kinds/kafka/librdkafka/consume/consumer.ts';
import { MockCluster } from '../../src/kinds/kafka/librdkafka/mock/mock.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

const FETCH = 1;
const FIND_COORDINATOR = 10;
const GROUP_AUTHORIZATION_FAILED = 30;
const MIB = 1024 * 1024;
const ROUNDS = 50;

describe('a consumer of librdkafka', () => {
  const native = loadNative();
  let cluster: MockCluster;
  const open: Consumer[] = [];
  const never = new AbortController().signal;

  /** librdkafka's threads while no consumer or producer is alive. */
  let clusterThreads: number;
  before(async () => {
    await until(() => native.rdkafka.threadCount() === 0); // earlier clients of this process may still end
    cluster = new MockCluster(native, 1);
    await sleep(300);
    clusterThreads = native.rdkafka.threadCount();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((consumer) => consumer.close()));
  });
  after(() => cluster.destroy());

  async function start(topic: string, partitions = 1, properties: Readonly<Record<string, string>> = {}) {
    const quick = { 'fetch.wait.max.ms': '10', 'fetch.error.backoff.ms': '10', 'reconnect.backoff.max.ms': '100' };
    const all = { 'bootstrap.servers': cluster.bootstraps, ...quick, ...properties };
    const consumer = new Consumer({ properties: all, group: 'test', connectTimeoutMs: HANG_MS });
    open.push(consumer);
    await consumer.connected(never);
    consumer.assign(topic, new Map(Array.from({ length: partitions }, (_, partition) => [partition, 0])));
    return consumer;
  }

  async function send(topic: string, count: number, bytes: number, partitions = 1): Promise<void> {
    cluster.createTopic(topic, partitions, 1);
    const producer = new KafkaProducer(
      { type: 'kafka', name: topic, bootstrap_servers: cluster.bootstraps, compression: 'none' },
      { logger: quiet },
    );
    const value = Buffer.alloc(bytes);
    for (let n = 0; n < count; n++) await producer.enqueue({ value, partition: n % partitions }, PATIENT);
    expect(await producer.shutdown(HANG_MS)).to.include({ delivered: count });
  }

  async function readForEver(consumer: Consumer): Promise<never> {
    for (;;) await consumer.next(never);
  }

  const rejection = async (reading: Promise<unknown>): Promise<string> =>
    reading.then(
      () => 'it has resolved',
      ({ message }: Error) => message,
    );

  it('fetches no more than its bound while nobody takes messages, and goes on when somebody does', async () => {
    const [partitions, count, bytes] = [8, 300, 100_000];
    await send('slow', count, bytes, partitions);
    cluster.requests(FETCH);
    const consumer = await start('slow', partitions, { 'queued.max.messages.kbytes': '2048' });
    let fetches = -1;
    await until(async () => {
      const before = fetches;
      await sleep(300);
      fetches = cluster.requests(FETCH);
      return fetches === before && fetches > 0;
    });
    // What it holds is all that comes while the broker is down.
    cluster.setDown(1, true);
    const offsets = Array.from({ length: partitions }, (): number[] => []);
    const take = async (signal: AbortSignal) => {
      const batch = await consumer.next(signal);
      for (const { partition, offset } of batch?.messages ?? []) offsets[partition]?.push(offset);
      return batch;
    };
    const taken = () => offsets.flat().length;
    while ((await take(AbortSignal.timeout(500))) !== undefined);
    expect(taken()).to.be.within(1, Math.ceil((2 * 2 * MIB) / bytes) + partitions);
    cluster.setDown(1, false);
    while (taken() < count) await take(never);
    for (const [partition, list] of offsets.entries())
      expect(list).to.deep.equal(Array.from({ length: Math.ceil((count - partition) / partitions) }, (_, n) => n));
  });

  it('resolves with nothing when its signal is aborted, and goes on afterwards', async () => {
    await send('aborted', 3, 10);
    const consumer = await start('aborted');
    expect(await consumer.next(AbortSignal.abort())).to.equal(undefined);
    const seen: number[] = [];
    while (seen.length < 3) seen.push(...((await consumer.next(never))?.messages ?? []).map(({ offset }) => offset));
    expect(seen).to.deep.equal([0, 1, 2]);
    const controller = new AbortController();
    while ((await consumer.next(AbortSignal.timeout(200))) !== undefined);
    const waiting = consumer.next(controller.signal);
    await sleep(20);
    controller.abort();
    expect(await waiting).to.equal(undefined);
  });

  it('reports each end of a partition, also after more messages', async () => {
    await send('ends', 4, 10, 2);
    const consumer = await start('ends', 3);
    const ended = new Set<number>();
    while (ended.size < 2) for (const one of (await consumer.next(never))?.ended ?? []) ended.add(one);
    expect([...ended].sort()).to.deep.equal([0, 1]);
  });

  it('rejects with an error about the topic, each time from then on', async () => {
    await send('missed', 2, 10);
    const consumer = await start('missed', 1, { 'auto.offset.reset': 'error' });
    let messages = 0;
    while (messages < 2) messages += (await consumer.next(never))?.messages.length ?? 0;
    consumer.assign('missed', new Map([[0, 99]]));
    const expected = /^topic missed \[0\] cannot be read: .+ \(_AUTO_OFFSET_RESET, -140\)$/;
    expect(await rejection(readForEver(consumer))).to.match(expected);
    expect(await rejection(consumer.next(never))).to.match(expected);
  });

  it('reads where its user may not use the group, which it does not need', async () => {
    await send('groupless', 2, 10);
    cluster.pushErrors(FIND_COORDINATOR, Array(10).fill(GROUP_AUTHORIZATION_FAILED));
    const consumer = await start('groupless');
    let messages = 0;
    while (messages < 2) messages += (await consumer.next(never))?.messages.length ?? 0;
    await until(async () => (await consumer.next(AbortSignal.timeout(300))) === undefined);
    cluster.clearErrors(FIND_COORDINATOR);
  });

  it('can be closed while it is being read, and more than once', async () => {
    await send('closed', 1, 10);
    const consumer = await start('closed');
    const reading = rejection(readForEver(consumer));
    await sleep(50);
    await Promise.all([consumer.close(), consumer.close()]);
    expect(await reading).to.equal('the consumer has been closed');
    expect(await rejection(consumer.next(never))).to.equal('the consumer has been closed');
    expect(() => consumer.assign('closed', new Map())).to.throw('the consumer has been closed');
    await consumer.close();
  });

  const held = () => ({
    descriptors: readdirSync('/proc/self/fd').length,
    threads: native.rdkafka.threadCount(),
  });

  it(`leaves neither threads nor descriptors, opened and closed ${ROUNDS} times with messages in its queue`, async () => {
    await send('cycles', 500, 100);
    const round = async () => {
      const consumer = await start('cycles');
      await consumer.next(never);
      await consumer.close();
    };
    await round();
    await until(() => native.rdkafka.threadCount() <= clusterThreads);
    const before = held();
    for (let n = 0; n < ROUNDS; n++) await round();
    await until(() => held().threads <= before.threads && held().descriptors <= before.descriptors);
  });

  it('leaves nothing when its thread is terminated while it reads, once its ledger is reclaimed', async () => {
    await send('terminated', 500, 100);
    const script = new URL('../support/consumer-worker.js', import.meta.url);
    const round = async () => {
      const ledger = new SharedArrayBuffer(LEDGER_BYTES);
      const workerData = { bootstrapServers: cluster.bootstraps, topic: 'terminated', ledger };
      const worker = new Worker(script, { workerData });
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
      expect(reclaimHandles(native, new Ledger(ledger))).to.equal(true);
      expect(new Ledger(ledger).isEmpty).to.equal(true);
    };
    await round();
    await until(() => native.rdkafka.threadCount() <= clusterThreads);
    const before = held();
    for (let n = 0; n < 10; n++) await round();
    await until(() => held().threads <= before.threads && held().descriptors <= before.descriptors);
  });
});
