/** A worker with a Kafka driver in a state of the test's choosing; then it is left alone, ends or dies. */

import { parentPort, workerData } from 'node:worker_threads';
import { Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { PackedBatch } from './packed-batch.ts';
import { until } from './until.ts';

/** `logging`: its client writes many lines, which are read as events. `delivered`: in flight, and one batch has been delivered. */
export type WorkerState = 'opening' | 'idle' | 'in-flight' | 'logging' | 'delivered';

export interface KafkaWorkerData {
  readonly bootstrapServers: string;
  readonly ledger: SharedArrayBuffer;
  readonly state: WorkerState;
}

const { bootstrapServers, ledger, state } = workerData as KafkaWorkerData;
const driver = new LibrdkafkaDriver({
  properties: { 'bootstrap.servers': bootstrapServers, 'linger.ms': '1', ...(state === 'logging' && { debug: 'all' }) },
  topicProperties: { 'message.timeout.ms': '0' },
  defaults: { topic: 'crash', errorTopic: 'crash-errors' },
  ledger,
  log: () => {},
});

const opened = driver.open(AbortSignal.timeout(20_000)).catch(() => {});
if (state === 'opening') await until(() => Ledger.all(ledger).some(({ isEmpty }) => !isEmpty));
else await opened;
if (state === 'delivered') await produce();
if (state === 'in-flight' || state === 'logging' || state === 'delivered') void produceForEver();
// Signs of life that also keep the thread's event loop turning.
setInterval(() => parentPort?.postMessage('alive'), 1000);
parentPort?.postMessage('ready');

async function produce(): Promise<void> {
  const records = Array.from({ length: 400 }, (_, n) => ({ key: `k${n}`, value: Buffer.alloc(100) }));
  await driver.produceBatch(new PackedBatch(records));
}

async function produceForEver(): Promise<void> {
  for (;;) await produce();
}
