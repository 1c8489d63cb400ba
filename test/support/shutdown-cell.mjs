/** One cell of the shutdown matrix, in a process of its own: prints what happened as JSON and must then end by itself. */

import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from 'outspool';

const [bootstrap_servers, load, ms] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const producer = new KafkaProducer(
  // A failed connection is followed by the 60 s back-off at once.
  {
    type: 'kafka',
    name: 'matrix',
    bootstrap_servers,
    max_retries: 0,
    connect_timeout_seconds: load === 'back-off' ? 0.5 : 10,
  },
  { logger: quiet },
);

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function until(condition) {
  while (!condition()) await sleep(10);
}

if (load === 'idle') {
  const started = producer.start({ timeout: 800 }).catch(() => {});
  await Promise.race([started, sleep(500)]);
} else {
  for (let index = 0; index < 10_000; index++) producer.produce({ key: `k${index % 10}`, value: index });
}
if (load === 'back-off') {
  await until(() => producer.stats().connection === 'backing_off');
  say({ backingOff: true });
  await new Promise((resolve) => process.stdin.once('data', resolve)); // the parent has mended the broker, or not
  process.stdin.destroy();
  if (producer.stats().connection !== 'backing_off') throw new Error('the back-off is over already');
}

const before = performance.now();
const first = producer.shutdown(Number(ms));
const same = first === producer.shutdown(Number(ms));
const outcome = await first;
const { accepted } = producer.stats();
say({ elapsedMs: performance.now() - before, endedAt: Date.now(), same, accepted, ...outcome });
