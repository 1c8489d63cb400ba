/**
 * Run as a process of its own: a broker stops answering, and a worker dies while it asks, by a client of its own, where a partition
 * ends. Prints a line of JSON with what is left of it.
 */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { LEDGER_BYTES, Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { reclaim } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { resources, settleTo } from './process-resources.ts';

const STALLED_MS = 60_000;
const SETTLE_MS = 5000;
const POLL_MS = 5;

async function round(): Promise<void> {
  await using kafka = await EmbeddedKafka.start();
  const ledger = new SharedArrayBuffer(LEDGER_BYTES);
  const { question } = Ledger.byUse(ledger);
  const data = { bootstrapServers: kafka.bootstrapServers, ledger, state: 'delivered' };
  const worker = new Worker(new URL('kafka-worker.js', import.meta.url), { workerData: data });
  await once(worker, 'message');
  kafka.setRtt(STALLED_MS);
  while (question.isEmpty) await sleep(POLL_MS);
  await worker.terminate();
  reclaim(ledger);
}

await round(); // what stays for good comes with the first one
await sleep(300);
const before = resources();
await round();
const after = await settleTo(before, SETTLE_MS);
process.stdout.write(`${JSON.stringify({ before, after })}\n`);
