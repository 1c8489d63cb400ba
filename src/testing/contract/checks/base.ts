/** Base checks for a producer that claims nothing: the cases of seed 000, and I1, I5 and I7 in their plainest form. */

import assert from 'node:assert/strict';
import { ProducerClosedError, PublishError } from '../../../shared/errors.ts';
import {
  assertBalanced,
  type Check,
  hex,
  KEY,
  numbers,
  OVERDUE_MS,
  PATIENT,
  read,
  TIMEOUT_MS,
  text,
  within,
} from '../check.ts';
import { type Features, headerSupport, keySupport } from '../features.ts';
import type { Column } from '../report.ts';
import type { ContractSubject } from '../subject.ts';

const MANY = 200;
const PAYLOAD = Uint8Array.of(0, 1, 2, 127, 128, 254, 255);

type Plain = (subject: ContractSubject, topic: string) => Promise<void>;

const publishSimpleMessage: Plain = async ({ producer, getMessageFromTopic }, topic) => {
  await producer.publish(topic, PAYLOAD, PATIENT);
  const { value } = await getMessageFromTopic(topic, TIMEOUT_MS);
  assert.equal(hex(value), hex(PAYLOAD));
};

const publishWithKey =
  (kept: boolean): Plain =>
  async ({ producer, getMessageFromTopic }, topic) => {
    await producer.publish(topic, PAYLOAD, { ...PATIENT, key: 'user-123' });
    const { key, value } = await getMessageFromTopic(topic, TIMEOUT_MS);
    assert.equal(text(key), kept ? 'user-123' : null);
    assert.equal(hex(value), hex(PAYLOAD));
  };

const publishWithHeaders =
  (kept: boolean): Plain =>
  async ({ producer, getMessageFromTopic }, topic) => {
    const headers = { traceparent: '00-4bf92f-00f067-01', 'content-type': 'application/json' };
    await producer.publish(topic, PAYLOAD, { ...PATIENT, headers });
    const message = await getMessageFromTopic(topic, TIMEOUT_MS);
    const received = message.headers.map(([name, value]) => [name, text(value)]);
    for (const [name, value] of Object.entries(headers))
      assert.equal(received.find(([other]) => other === name)?.[1], kept ? value : undefined);
    assert.equal(hex(message.value), hex(PAYLOAD));
  };

const publishToUnavailableBroker: Plain = async ({ producer }, topic) => {
  const sent = producer.publish(topic, PAYLOAD, { timeout: 2000 });
  await assert.rejects(sent, (error) => error instanceof PublishError);
};

const accounts: Plain = async ({ producer }, topic) => {
  for (let index = 0; index < MANY; index++) {
    producer.produce({ topic, key: KEY, value: index });
    if (index % 10 === 0) assertBalanced(producer);
  }
  assert.deepEqual(await producer.flush(TIMEOUT_MS), { remaining: 0 });
  assertBalanced(producer);
  assert.equal(producer.stats().delivered, MANY);
};

/** I5: one producer delivers in the order in which it accepted. */
const arrive =
  (ordered: boolean): Plain =>
  async (subject, topic) => {
    for (let index = 0; index < MANY; index++) subject.producer.produce({ topic, key: KEY, value: index });
    const values = (await read(subject, topic, MANY)).map(({ value }) => text(value) ?? '');
    if (ordered) assert.deepEqual(values, numbers(MANY));
    else assert.deepEqual(values.toSorted(), numbers(MANY).toSorted());
  };

/** I7: shutdown ends by its deadline, reports the outcome of every message, and is idempotent. */
const shutsDown: Plain = async ({ producer }, topic) => {
  for (let index = 0; index < MANY; index++) producer.produce({ topic, key: KEY, value: index });
  const first = producer.shutdown(2000);
  assert.equal(producer.shutdown(2000), first);
  const { delivered, deadLettered, dropped, expired, spooled, undelivered } = await within(
    first,
    'the shutdown',
    OVERDUE_MS,
  );
  assert.equal(delivered + deadLettered + dropped + expired + spooled + undelivered, MANY);
  assert.throws(() => producer.produce({ topic, value: 'late' }), ProducerClosedError);
};

/** Returns the base checks. A part that a kind without claims refuses is left to the checks of its feature. */
export function baseChecks(features: Features | undefined): readonly Check[] {
  const ordered = features?.ordered ?? true;
  const keys = features ? keySupport(features, 'text') : true;
  const headers = features ? headerSupport(features, 'text') : true;
  const checks = plainChecks(ordered, keys === true, headers === true);
  const refused = new Set<Column>([
    ...(keys === 'refused' ? ['keys' as const] : []),
    ...(headers === 'refused' ? ['headers' as const] : []),
  ]);
  return checks.filter(({ column }) => !refused.has(column));
}

function plainChecks(ordered: boolean, keys: boolean, headers: boolean): Check[] {
  return [
    available('publishes a simple message', publishSimpleMessage),
    available(keys ? 'publishes with a key' : 'publishes without the key', publishWithKey(keys), 'keys'),
    available(headers ? 'publishes with headers' : 'publishes without headers', publishWithHeaders(headers), 'headers'),
    unavailable('rejects with PublishError when the server is not there', publishToUnavailableBroker),
    available('accounts for every message at every instant (I1)', accounts),
    available(
      ordered ? 'delivers in the order of acceptance (I5)' : 'delivers all, in any order',
      arrive(ordered),
      'ordered',
    ),
    available('shuts down by its deadline, once, and counts everything (I7)', shutsDown),
    unavailable('shuts down by its deadline when the server is not there (I7)', shutsDown),
  ];
}

const available = (title: string, run: Plain, column: Column = 'semantics'): Check => ({
  title,
  column,
  run: async (bench) => run(await bench.subject(), bench.topic),
});

const unavailable = (title: string, run: Plain): Check => ({
  title,
  column: 'semantics',
  run: async (bench) => run(await bench.subject({ unavailable: true }), bench.topic),
});
