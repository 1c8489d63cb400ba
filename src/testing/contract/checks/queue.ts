/** I3: the queue is bounded, and each policy of `when_full` does what it promises. */

import assert from 'node:assert/strict';
import type { WhenFull } from '../../../caller/options.ts';
import { QueueFullError } from '../../../shared/errors.ts';
import type { Bench, BenchSubject } from '../bench.ts';
import {
  assertAll,
  assertBalanced,
  type Check,
  KEY,
  numbers,
  OVERDUE_MS,
  readAll,
  rejection,
  semantics,
  TIMEOUT_MS,
  within,
} from '../check.ts';
import type { Features } from '../features.ts';

const ROOM = 10;
const MANY = 25;
const KILOBYTE = Buffer.alloc(1024, 'x');

/** Makes a producer that never delivers, so that its queue fills. */
const stuck = (bench: Bench, when_full: WhenFull): Promise<BenchSubject> =>
  bench.subject({ unavailable: true, settings: { queue: { max_messages: ROOM, when_full } } });

/** Produces until the queue is full, at most `MANY` times. Returns the number of accepted messages. */
function fill({ producer }: BenchSubject, topic: string, value: Uint8Array = Buffer.from('1')): number {
  for (let accepted = 0; accepted < MANY; accepted++) {
    try {
      producer.produce({ topic, key: KEY, value });
    } catch (error) {
      assert.ok(error instanceof QueueFullError);
      return accepted;
    }
  }
  return MANY;
}

const reject = semantics('when_full: reject refuses what has no room (I3)', async (bench) => {
  const subject = await stuck(bench, 'reject');
  assert.equal(fill(subject, bench.topic), ROOM);
  const refused = subject.producer.enqueue({ value: 1 }, { timeout: 2 * TIMEOUT_MS });
  assert.ok(
    (await within(rejection(refused), 'the refusal', OVERDUE_MS)) instanceof QueueFullError,
    'it was not refused',
  );
  assert.equal(subject.producer.stats().accepted, ROOM);
  assertBalanced(subject.producer);
});

const block = semantics('when_full: block waits for room until the deadline (I3, I8)', async (bench) => {
  const subject = await stuck(bench, 'block');
  assert.equal(fill(subject, bench.topic), ROOM);
  const before = performance.now();
  const refused = subject.producer.enqueue({ value: 1 }, { timeout: 300 });
  assert.ok((await within(rejection(refused), 'the wait', OVERDUE_MS)) instanceof QueueFullError);
  const waited = performance.now() - before;
  assert.ok(waited > 250, `it waited for ${waited} ms instead of 300`);
  assert.equal(subject.producer.stats().accepted, ROOM);
  assertBalanced(subject.producer);
});

const drop = (when_full: 'drop_newest' | 'drop_oldest'): Check =>
  semantics(`when_full: ${when_full} accepts, drops and counts (I1, I3)`, async (bench) => {
    const subject = await stuck(bench, when_full);
    assert.equal(fill(subject, bench.topic), MANY);
    const { accepted, dropped, pending } = subject.producer.stats();
    assert.deepEqual({ accepted, dropped, pending }, { accepted: MANY, dropped: MANY - ROOM, pending: ROOM });
    assertBalanced(subject.producer);
  });

const bytes = semantics('holds its bound in bytes (I3)', async (bench) => {
  const queue = { max_bytes: '64KiB', when_full: 'reject' } as const;
  const subject = await bench.subject({ unavailable: true, settings: { queue } });
  let accepted = 0;
  for (let filled = MANY; filled === MANY && accepted < 1000; accepted += filled)
    filled = fill(subject, bench.topic, KILOBYTE);
  assert.ok(accepted > 0 && accepted <= 64, `${accepted} KiB were accepted into 64`);
});

/** Sends twenty times as many messages as the queue holds, all of which must be accepted in turn. */
const flows = ({ ordered, ...features }: Features): Check =>
  semantics('lets everything through a small queue, as room comes', async (bench) => {
    const subject = await bench.subject({ settings: { queue: { max_messages: ROOM } } });
    const values = numbers(ROOM * 20);
    const message = (value: string) => ({ topic: bench.topic, key: KEY, value: Buffer.from(value) });
    await Promise.all(values.map((value) => subject.producer.enqueue(message(value), { timeout: TIMEOUT_MS })));
    assertAll(await readAll(subject, bench.topic), values, { ...features, ordered });
    assertBalanced(subject.producer);
  });

const waitsForRoom = semantics('waitForRoom reports whether there is capacity, by its deadline (I8)', async (bench) => {
  const subject = await stuck(bench, 'block');
  fill(subject, bench.topic);
  assert.equal(await subject.producer.waitForRoom({ timeout: 100 }), false);
  const roomy = await bench.subject();
  assert.equal(await roomy.producer.waitForRoom({ timeout: 100 }), true);
});

export const queueChecks = (features: Features): readonly Check[] => [
  reject,
  block,
  drop('drop_newest'),
  drop('drop_oldest'),
  bytes,
  flows(features),
  waitsForRoom,
];
