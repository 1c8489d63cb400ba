/**
 * Run as a process of its own, since what it guards against ends the process: producers are shut down, or the process
 * exits, while their workers load the native library. Prints a line when it has survived.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';

const [manner = 'shutdown', rounds = '20', offset = '0', others = '0'] = process.argv.slice(2);
const STEP_MS = 0.5;
/** Takes connections and answers nothing, so that a producer stays in the state that we wait for. */
const silent = createServer().listen(0, '127.0.0.1').unref();
await once(silent, 'listening');
const server = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The worker says that it connects just before it loads the library. */
async function connecting(): Promise<KafkaProducer> {
  const config = { type: 'kafka' as const, name: 'early', bootstrap_servers: server };
  const producer = new KafkaProducer(config, { logger: quiet });
  producer.produce({ value: 1 });
  while (producer.stats().connection !== 'connecting') await turn();
  return producer;
}

function pass(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Their workers load at the same time, and each takes longer for it. */
function startOthers(): void {
  for (let index = 0; index < Number(others); index++) {
    const config = { type: 'kafka' as const, name: `other-${index}`, bootstrap_servers: server };
    new KafkaProducer(config, { logger: quiet }).produce({ value: 1 });
  }
}

startOthers();
/** Wherever the others are by then: `offset` is in ms. */
if (manner === 'exit anywhere') {
  await sleep(Number(offset));
  console.log('survived');
  process.exit(0);
}
for (let round = 0; round < Number(rounds); round++) {
  const producer = await connecting();
  pass((Number(offset) + round) * STEP_MS);
  if (manner === 'exit') {
    console.log('survived');
    process.exit(0);
  }
  await producer.shutdown(1);
}
console.log('survived');
process.exit(0);
