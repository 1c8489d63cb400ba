/**
 * Run as a process of its own: shuts producers down while their workers load modules, and prints how many descriptors were open
 * before and are open when the workers have ended.
 */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';

const [cycles = '20'] = process.argv.slice(2);
/** Loading takes some 170 ms on an idle core. */
const SPREAD_MS = 200;
const LONGEST_MS = 60_000;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const opened = (): number => readdirSync('/proc/self/fd').length;

async function cycle(ms: number): Promise<void> {
  const config = { type: 'kafka' as const, name: 'early', bootstrap_servers: '127.0.0.1:1' };
  const producer = new KafkaProducer(config, { logger: quiet });
  producer.produce({ value: 1 });
  await sleep(ms);
  await producer.shutdown(1);
}

const before = opened();
for (let round = 0; round < Number(cycles); round++) await cycle((round * SPREAD_MS) / Number(cycles));
const end = performance.now() + LONGEST_MS;
while (opened() > before && performance.now() < end) await sleep(50);
console.log(JSON.stringify({ before, after: opened() }));
process.exit(0);
