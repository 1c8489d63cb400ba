/**
 * Run as a process of its own: driver clients are ended in the state, the manner and the number that the arguments
 * say. Prints a line of JSON with what is left; a native crash shows in how the process ends.
 */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { LEDGER_BYTES, LibrdkafkaDriver, reclaim } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { PackedBatch } from './packed-batch.ts';

const [manner, state, rounds, slowName] = process.argv.slice(2) as [string, string, string, string | undefined];
const kafka = await EmbeddedKafka.start();
const bootstrapServers = slowName === undefined ? kafka.bootstrapServers : `${slowName}:9092`;
const descriptors = () => readdirSync('/proc/self/fd').length;
const threads = () => readdirSync('/proc/self/task').length;

let slowest = 0;
let reclaimed = 0;

async function timed(work: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  await work();
  slowest = Math.max(slowest, performance.now() - begin);
}

async function closeRound(): Promise<void> {
  const driver = new LibrdkafkaDriver({
    properties: { 'bootstrap.servers': bootstrapServers, 'linger.ms': '1' },
    topicProperties: { 'message.timeout.ms': '0' },
    defaults: { topic: 'crash', errorTopic: 'crash-errors' },
    log: () => {},
  });
  await driver.open(AbortSignal.timeout(slowName === undefined ? 5000 : 100)).catch(() => {});
  const records = Array.from({ length: 400 }, () => ({ value: Buffer.alloc(100) }));
  const pending = state === 'in-flight' ? driver.produceBatch(new PackedBatch(records)) : undefined;
  await timed(() => driver.close(500));
  await pending;
}

async function workerRound(): Promise<void> {
  const ledger = new SharedArrayBuffer(LEDGER_BYTES);
  const data = { bootstrapServers, ledger, state: slowName === undefined ? state : 'opening' };
  const worker = new Worker(new URL('kafka-worker.js', import.meta.url), { workerData: data });
  await new Promise((resolve) => worker.once('message', resolve));
  await sleep(20);
  await timed(async () => void (await worker.terminate()));
  if (reclaim(ledger)) reclaimed++;
  if (reclaim(ledger)) throw new Error('reclaimed twice');
}

const round = manner === 'close' ? closeRound : workerRound;
await round();
await sleep(300);
const before = { descriptors: descriptors(), threads: threads() };
for (let i = 1; i < Number(rounds); i++) await round();
await kafka.stop();
if (slowName === undefined) await sleep(300);
const after = { descriptors: descriptors(), threads: threads() };
console.log(JSON.stringify({ before, after, reclaimed, slowest: Math.round(slowest) }));
