/** I5, I6: an outage counts against the connection. All messages wait, none is abandoned, and order holds. */

import assert from 'node:assert/strict';
import type { Bench } from '../bench.ts';
import {
  assertAll,
  assertBalanced,
  type Check,
  type Claimed,
  IMPATIENT,
  numbers,
  OVERDUE_MS,
  PATIENT,
  produceAll,
  RECOVERY_MS,
  read,
  readAll,
  semantics,
  TIMEOUT_MS,
  text,
  within,
  without,
} from '../check.ts';
import type { ContractServer } from '../subject.ts';

const MANY = 300;
const restart = async (server: ContractServer): Promise<void> =>
  server.restart ? server.restart() : without(server, async () => {});

/** Interrupts the server before and while messages are sent. Returns all values that were delivered. */
async function throughOutages(bench: Bench, server: ContractServer): Promise<(string | null)[]> {
  const subject = await bench.subject({ settings: IMPATIENT });
  const { producer } = subject;
  await producer.start({ timeout: TIMEOUT_MS });
  await without(server, async () => {
    produceAll(subject, bench.topic, numbers(MANY));
    const noticed = () => producer.stats().connection !== 'connected' || producer.stats().pending === 0;
    await bench.until(noticed, 'the outage being noticed');
  });
  assert.deepEqual(await producer.flush(RECOVERY_MS), { remaining: 0 });
  produceAll(subject, bench.topic, numbers(MANY, MANY));
  await without(server, async () => produceAll(subject, bench.topic, numbers(MANY, 2 * MANY)));
  assert.deepEqual(await producer.flush(RECOVERY_MS), { remaining: 0 });
  assertBalanced(producer);
  assert.equal(producer.stats().delivered, SENT.length, 'an outage was charged to messages');
  assert.deepEqual(subject.deadLetters, []);
  assert.equal(producer.stats().workerRestarts, 0, 'the worker died of the outage');
  return readAll(subject, bench.topic);
}

const SENT = numbers(3 * MANY);

const survivesOutages = ({ features }: Claimed, server: ContractServer): Check => ({
  title: 'loses nothing in an outage, blames no message for it, and keeps the order that it claims (I5, I6)',
  column: 'ordered',
  run: async (bench) => assertAll(await throughOutages(bench, server), SENT, features),
});

const onceThroughOutages = ({ features }: Claimed, server: ContractServer): Check => ({
  title: features.exactlyOnce
    ? 'delivers each message once through outages'
    : 'delivers each message at least once through outages',
  column: 'exactlyOnce',
  run: async (bench) => {
    const arrived = await throughOutages(bench, server);
    assertAll(arrived, SENT, features);
    if (features.exactlyOnce) assert.equal(arrived.length, SENT.length, 'some arrived twice');
  },
});

/** The back-off is far longer than the test, so that the message is delivered only if the flush ends it. */
const flushWakes = (server: ContractServer): Check =>
  semantics('flush ends a back-off, so that no caller waits for it in vain', async (bench) => {
    const settings = { ...IMPATIENT, max_retries: 0, backoff_seconds: 3600 };
    const subject = await bench.subject({ settings });
    await without(server, async () => {
      produceAll(subject, bench.topic, ['1']);
      await bench.until(() => subject.producer.stats().connection === 'backing_off', 'a back-off');
    });
    // A server that is slow to return may refuse the attempt that the first flush causes.
    let flushed = { remaining: 1 };
    for (let time = 0; time < 3 && flushed.remaining > 0; time++)
      flushed = await subject.producer.flush(TIMEOUT_MS / 3);
    assert.deepEqual(flushed, { remaining: 0 });
  });

const shutsDown = (server: ContractServer): Check =>
  semantics('shuts down in an outage by its deadline, and reports what is left (I7)', async (bench) => {
    const subject = await bench.subject({ settings: { ...IMPATIENT, backoff_seconds: 3600 } });
    await subject.producer.publish(bench.topic, Buffer.from('before'), PATIENT);
    await without(server, async () => {
      produceAll(subject, bench.topic, numbers(MANY));
      const { delivered, undelivered, spooled } = await within(
        subject.producer.shutdown(2000),
        'the shutdown',
        OVERDUE_MS,
      );
      assert.equal(delivered + undelivered + spooled, MANY + 1);
      assert.ok(undelivered + spooled > 0, 'delivered without a server');
    });
  });

/** Time, in ms, after a restart, in which the server may have to recover its data. */
const AFTER_RESTART_MS = 60_000;

const PERSISTED = numbers(20);

const persists = (server: ContractServer): Check => ({
  title: 'has stored what was acknowledged: it outlives a restart of the server',
  column: 'persistent',
  run: async (bench) => {
    const subject = await bench.subject({ settings: IMPATIENT });
    for (const value of PERSISTED)
      await subject.producer.publish(bench.topic, Buffer.from(value), { ...PATIENT, key: 'k' });
    await restart(server);
    const arrived = (await read(subject, bench.topic, PERSISTED.length, AFTER_RESTART_MS)).map(({ value }) =>
      text(value),
    );
    assert.deepEqual(arrived.toSorted(), PERSISTED.toSorted());
  },
});

const goesOn = (server: ContractServer): Check => ({
  title: 'goes on by itself after a restart of the server',
  column: 'persistent',
  run: async (bench) => {
    const subject = await bench.subject({ settings: IMPATIENT });
    await subject.producer.publish(bench.topic, Buffer.from('before'), PATIENT);
    await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS);
    await restart(server);
    await subject.producer.publish(bench.topic, Buffer.from('after'), { timeout: TIMEOUT_MS });
    assert.equal(text((await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS)).value), 'after');
  },
});

const noEvidence: Check = {
  title: 'has stored what was acknowledged',
  column: 'persistent',
  run: async () => assert.fail('features.persistent is claimed: the suite needs options.server to restart it'),
};

/** Check for a kind without a server to restart: delivered messages can be read. */
const arrivesForNow: Check = {
  title: 'has delivered what was acknowledged',
  column: 'persistent',
  run: async (bench) => {
    const subject = await bench.subject();
    await subject.producer.publish(bench.topic, Buffer.from('now'), PATIENT);
    assert.equal(text((await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS)).value), 'now');
  },
};

function persistence({ features, server }: Claimed): Check {
  if (server === undefined) return features.persistent ? noEvidence : arrivesForNow;
  return features.persistent ? persists(server) : goesOn(server);
}

export const outageChecks = (options: Claimed): readonly Check[] => [
  persistence(options),
  ...(options.server
    ? [
        survivesOutages(options, options.server),
        onceThroughOutages(options, options.server),
        flushWakes(options.server),
        shutsDown(options.server),
      ]
    : []),
];
