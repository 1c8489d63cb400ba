/** A worker that reads a topic again and again, until it is terminated. */

import { parentPort, workerData } from 'node:worker_threads';
import { Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { Consumer } from '../../src/kinds/kafka/librdkafka/consume/consumer.ts';

export interface ConsumerWorkerData {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly ledger: SharedArrayBuffer;
}

const { bootstrapServers, topic, ledger } = workerData as ConsumerWorkerData;
const signal = new AbortController().signal;
const properties = { 'bootstrap.servers': bootstrapServers, 'fetch.wait.max.ms': '10' };
const consumer = new Consumer({ properties, group: 'worker', connectTimeoutMs: 60_000 }, new Ledger(ledger));
await consumer.connected(signal);
for (;;) {
  consumer.assign(topic, new Map([[0, 0]]));
  let ended = false;
  while (!ended) ended = ((await consumer.next(signal))?.ended.length ?? 0) > 0;
  parentPort?.postMessage('read');
}
