/** I8: every wait has a deadline, accepts a signal, and reports the outcome of the message. */

import assert from 'node:assert/strict';
import { ConnectError, DeliveryTimeoutError, PublishError } from '../../../shared/errors.ts';
import {
  assertBalanced,
  type Check,
  IMPATIENT,
  KEY,
  numbers,
  OVERDUE_MS,
  produceAll,
  rejection,
  semantics,
  TIMEOUT_MS,
  within,
} from '../check.ts';

/** Asserts the outcome when a caller stops waiting. The message is withdrawn and expired, on disk, or still in flight. */
function assertOutcome(error: Error, stats: { expired: number; pending: number }): void {
  assert.ok(error instanceof PublishError);
  assert.ok(['withdrawn', 'spooled', 'unknown'].includes(error.outcome), `outcome ${error.outcome}`);
  const { expired, pending } = stats;
  const counters = error.outcome === 'withdrawn' ? { expired: 1, pending: 0 } : { expired: 0, pending: 1 };
  assert.deepEqual({ expired, pending }, counters, `the counters after ${error.outcome}`);
}

const sendTimesOut = semantics('send ends at its deadline and reports what became of the message', async (bench) => {
  const { producer } = await bench.subject({ unavailable: true, settings: { max_retries: 1000 } });
  const error = await within(rejection(producer.send({ value: 1 }, { timeout: 400 })), 'the send', OVERDUE_MS);
  assert.ok(error instanceof DeliveryTimeoutError);
  assertOutcome(error, producer.stats());
  assertBalanced(producer);
});

const sendAborts = semantics('send gives up when its signal is aborted', async (bench) => {
  const { producer } = await bench.subject({ unavailable: true, settings: { max_retries: 1000 } });
  const abort = new AbortController();
  const sent = rejection(producer.send({ value: 1 }, { signal: abort.signal, timeout: 2 * TIMEOUT_MS }));
  abort.abort(new Error('no longer wanted'));
  const error = await within(sent, 'the send', OVERDUE_MS);
  assertOutcome(error, producer.stats());
  assert.equal((error.cause as Error).message, 'no longer wanted');
});

const enqueueAborts = semantics('enqueue gives up when its signal is aborted', async (bench) => {
  const settings = { queue: { max_messages: 1 } };
  const { producer } = await bench.subject({ unavailable: true, settings });
  producer.produce({ value: 1 });
  const abort = new AbortController();
  const enqueued = rejection(producer.enqueue({ value: 2 }, { signal: abort.signal, timeout: 2 * TIMEOUT_MS }));
  abort.abort();
  assert.equal(((await within(enqueued, 'the enqueue', OVERDUE_MS)) as PublishError).outcome, 'withdrawn');
  assert.equal(producer.stats().accepted, 1);
});

const flushEnds = semantics('flush ends by its deadline and reports how many remain', async (bench) => {
  const subject = await bench.subject({ unavailable: true, settings: { max_retries: 1000 } });
  produceAll(subject, bench.topic, numbers(7));
  assert.deepEqual(await within(subject.producer.flush(300), 'the flush', OVERDUE_MS), { remaining: 7 });
});

/** The flush must ignore messages that are accepted after its call, or it would never end in a steady stream. */
const flushIsABarrier = semantics(
  'flush waits for what was accepted before it, and for nothing else',
  async (bench) => {
    const subject = await bench.subject();
    produceAll(subject, bench.topic, numbers(50));
    const stream = setInterval(() => subject.producer.produce({ topic: bench.topic, key: KEY, value: 'later' }), 1);
    try {
      assert.deepEqual(await subject.producer.flush(TIMEOUT_MS), { remaining: 0 });
      assert.ok(subject.producer.stats().delivered >= 50, 'it did not wait');
    } finally {
      clearInterval(stream);
    }
  },
);

const starts = semantics('start resolves once it is connected', async (bench) => {
  const { producer } = await bench.subject();
  await producer.start({ timeout: TIMEOUT_MS });
  const { state, connection, accepted } = producer.stats();
  assert.deepEqual({ state, connection, accepted }, { state: 'ready', connection: 'connected', accepted: 0 });
});

/** The start may also resolve, because a kind that connects for each message cannot know that the server is absent. */
const doesNotStart = semantics('start ends by its deadline when the server is not there', async (bench) => {
  const { producer } = await bench.subject({ unavailable: true, settings: IMPATIENT });
  const started = producer.start({ timeout: 3000 }).catch((error: Error) => error);
  const failure = await within(started, 'the start', OVERDUE_MS);
  assert.ok(failure === undefined || failure instanceof ConnectError, `rejected with ${failure}`);
});

const checks = (unavailable: boolean): Check =>
  semantics(
    unavailable ? 'check reports that no message gets there, and why' : 'check reports that a message gets there',
    async (bench) => {
      const { producer } = await bench.subject({ unavailable, settings: IMPATIENT });
      const timeout = unavailable ? 5000 : TIMEOUT_MS;
      const { ok, layers } = await producer.check({ topic: bench.topic, roundTrip: true, timeout });
      assert.equal(ok, !unavailable, JSON.stringify(layers));
      const problems = layers.filter(({ reached, ok }) => reached && !ok);
      assert.equal(problems.length, unavailable ? 1 : 0);
      for (const { problem } of problems) assert.ok(problem, 'a problem without a word');
    },
  );

export const waitChecks = (): readonly Check[] => [
  sendTimesOut,
  sendAborts,
  enqueueAborts,
  flushEnds,
  flushIsABarrier,
  starts,
  doesNotStart,
  checks(false),
  checks(true),
];
