/**
 * A producer with a spool, in a process of its own. `restart`: recovers what is in it. `outage`: goes on when its broker is away,
 * which its parent sees to. Says what happens in lines of JSON; `at` is ms since the process began.
 */

import { once } from 'node:events';
import { KafkaProducer } from 'outspool';

const { mode, bootstrapServers, directory, count } = JSON.parse(process.argv[2]);
const EVERY_MS = 5;
const CHUNK = 1000;
const DELIVERY_MS = 300_000;

const say = (what) => process.stdout.write(`${JSON.stringify({ ...what, at: performance.now() })}\n`);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const silent = () => {};
const producer = new KafkaProducer(
  {
    type: 'kafka',
    name: 'bench',
    bootstrap_servers: bootstrapServers,
    backoff_seconds: 1,
    queue: { spool: { path: directory } },
  },
  { logger: { debug: silent, info: silent, warn: silent, error: console.error } },
);

async function restart() {
  const delivering = setInterval(() => {
    if (producer.stats().delivered === 0) return;
    clearInterval(delivering);
    say({ phase: 'first' });
  }, EVERY_MS);
  await producer.start();
}

async function outage() {
  await producer.start();
  say({ phase: 'connected' });
  await once(process.stdin, 'data');
  for (let next = 0; next < count; ) {
    let room = true;
    for (const end = Math.min(next + CHUNK, count); next < end; next++)
      room = producer.produce({ key: `user-${next % 1000}`, value: { sequence: next, pad: 'x'.repeat(70) } });
    if (!room) await producer.waitForRoom({ timeout: 60_000 });
    if (next === count / 10) say({ phase: 'begun' });
    await turn();
  }
  say({ phase: 'produced', ...producer.stats() });
  await once(process.stdin, 'data');
}

await (mode === 'restart' ? restart() : outage());
await producer.flush(DELIVERY_MS);
say({ phase: 'delivered', ...producer.stats() });
await producer.shutdown(5000);
say({ phase: 'ended' });
process.stdin.destroy();
