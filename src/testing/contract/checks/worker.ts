/** I2 and I4: the hooks run on their own thread, and its death costs nothing but duplicates. */

import assert from 'node:assert/strict';
import type { Bench, BenchSubject } from '../bench.ts';
import {
  assertAll,
  assertBalanced,
  type Check,
  type Claimed,
  numbers,
  PATIENT,
  produceAll,
  readAll,
  semantics,
  TIMEOUT_MS,
} from '../check.ts';

const MANY = 300;

const ownThread = (inline: boolean): Check =>
  semantics(
    inline ? 'runs its hooks on the thread of the caller, and logs it' : 'runs its hooks on another thread (I4)',
    async (bench) => {
      const { producer } = await bench.subject();
      await producer.publish(bench.topic, Buffer.from('1'), PATIENT);
      assert.equal(bench.workers > 0, !inline, `${bench.workers} worker threads`);
      if (inline) assert.match(bench.lines.join('\n'), /main thread|caller/i, 'no line of the log reports it');
    },
  );

/** Kills the worker twice: before any leased message is delivered, and when some are. Returns all values that were delivered. */
export async function throughDeaths(bench: Bench, subject: BenchSubject): Promise<(string | null)[]> {
  const { producer } = subject;
  await producer.start({ timeout: TIMEOUT_MS });
  produceAll(subject, bench.topic, numbers(MANY));
  await new Promise((resolve) => setImmediate(resolve));
  await bench.killWorkers();
  produceAll(subject, bench.topic, numbers(MANY, MANY));
  await bench.until(() => producer.stats().delivered > 0, 'a delivery after the first death');
  await bench.killWorkers();
  assert.deepEqual(await producer.flush(TIMEOUT_MS), { remaining: 0 });
  assert.ok(producer.stats().workerRestarts > 0, 'no worker was replaced');
  assertBalanced(producer);
  return readAll(subject, bench.topic);
}

const SENT = numbers(2 * MANY);

const survivesDeaths = ({ features }: Claimed): Check => ({
  title: 'loses nothing when its worker dies, and keeps the order that it claims (I2, I5)',
  column: 'ordered',
  run: async (bench) => assertAll(await throughDeaths(bench, await bench.subject()), SENT, features),
});

/** Only the worker's death tells exactly once from at least once, because nothing else erases the sender's memory. */
const onceThroughDeaths = ({ features }: Claimed): Check => ({
  title: features.exactlyOnce
    ? 'delivers each message once though its worker dies'
    : 'delivers each message at least once though its worker dies',
  column: 'exactlyOnce',
  run: async (bench) => {
    const subject = await bench.subject();
    const arrived = await throughDeaths(bench, subject);
    assertAll(arrived, SENT, features);
    if (features.exactlyOnce) assert.equal(arrived.length, SENT.length, 'some arrived twice');
    assert.equal(subject.producer.stats().delivered, SENT.length + 1, 'a repetition was counted');
  },
});

/** Returns the checks. Inline hooks have no thread that could die. */
export const workerChecks = (options: Claimed): readonly Check[] => [
  ownThread(options.inline ?? false),
  ...(options.inline ? [] : [survivesDeaths(options), onceThroughDeaths(options)]),
];
