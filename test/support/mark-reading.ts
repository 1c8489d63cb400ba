/**
 * Run as a process of its own, since what it guards against ends the process: a transactional driver connects while the
 * brokers answer the reading of its mark with the codes of the argument. Prints a line of JSON with what came of it.
 */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MockCluster } from '../../src/kinds/kafka/librdkafka/mock/mock.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { PackedBatch } from './packed-batch.ts';

const OFFSET_FETCH = 9;
const [codes = '', timeoutMs = '10000'] = process.argv.slice(2);
const native = loadNative();
// The client that tried the library out ends on threads of its own, which would be counted below.
while (native.rdkafka.threadCount() > 0) await sleep(5);
const cluster = new MockCluster(native, 3);
cluster.createTopic('marks', 1, 1);
cluster.pushErrors(OFFSET_FETCH, codes.split(',').map(Number));
const threads = () => readdirSync('/proc/self/task').length;
const before = threads();

const driver = new LibrdkafkaDriver({
  properties: {
    'bootstrap.servers': cluster.bootstraps,
    'transactional.id': 'reader-0',
    'enable.gapless.guarantee': 'true',
  },
  topicProperties: { 'message.timeout.ms': '0' },
  defaults: { topic: 'marks', errorTopic: 'marks' },
  log: () => {},
});
const opened = await driver.open(AbortSignal.timeout(Number(timeoutMs))).then(
  () => 'opened',
  (error: Error) => error.message,
);
const batch = new PackedBatch([
  { topic: 'marks', value: 'a' },
  { topic: 'marks', value: 'b' },
]);
if (opened === 'opened') await driver.produceBatch(batch);
await driver.close(1000);
for (let turn = 0; threads() > before && turn < 200; turn++) await sleep(10);
console.log(JSON.stringify({ opened, delivered: batch.deliveredAt.size, threadsLeft: threads() - before }));
await cluster.destroy();
