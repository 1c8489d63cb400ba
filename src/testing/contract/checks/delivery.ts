/** Checks which messages reach which topic, and how they are reported. */

import assert from 'node:assert/strict';
import type { DeliveryReport } from '../../../caller/settlement/report.ts';
import { InvalidMessageError } from '../../../shared/errors.ts';
import type { JsonValue, MessageInput } from '../../../shared/message/message.ts';
import { type Check, hex, KEY, numbers, PATIENT, produceAll, read, semantics, TIMEOUT_MS, text } from '../check.ts';
import { type Features, headerSupport } from '../features.ts';

const JSON_VALUES: readonly JsonValue[] = [0, -1.5, true, 'grüße, 世界 \u0000 "', [], [1, [null]], { a: { b: [{}] } }];
const LARGE_BYTES = 200_000;

const jsonValues = semantics('delivers every JSON value as JSON', async (bench) => {
  const subject = await bench.subject();
  for (const value of JSON_VALUES) subject.producer.produce({ topic: bench.topic, key: KEY, value });
  const arrived = await read(subject, bench.topic, JSON_VALUES.length);
  const parsed = arrived.map(({ value }) => JSON.stringify(JSON.parse(text(value) ?? '')));
  assert.deepEqual(parsed.toSorted(), JSON_VALUES.map((value) => JSON.stringify(value)).toSorted());
});

const bytes = semantics('delivers bytes of every value, and many of them, as they are', async (bench) => {
  const subject = await bench.subject();
  const value = Uint8Array.from({ length: LARGE_BYTES }, (_, index) => index % 256);
  await subject.producer.publish(bench.topic, value, { ...PATIENT, key: KEY });
  const received = await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS);
  assert.equal(hex(received.value), hex(value));
});

const topics = semantics('delivers to the topic that a message names, else to its own', async (bench) => {
  const own = `${bench.topic}-own`;
  const subject = await bench.subject({ settings: { topic: own } });
  await subject.producer.send({ topic: bench.topic, value: Buffer.from('named') }, PATIENT);
  await subject.producer.send({ value: Buffer.from('own') }, PATIENT);
  assert.equal(text((await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS)).value), 'named');
  assert.equal(text((await subject.getMessageFromTopic(own, TIMEOUT_MS)).value), 'own');
});

const errorTopic = semantics('delivers errors to the error topic', async (bench) => {
  const errors = `${bench.topic}-errors`;
  const subject = await bench.subject({ settings: { topic: bench.topic, error_topic: errors } });
  await subject.producer.send({ value: Buffer.from('an error') }, { ...PATIENT, isError: true });
  assert.equal(text((await subject.getMessageFromTopic(errors, TIMEOUT_MS)).value), 'an error');
});

/** Without an error topic, errors carry a header, if the kind supports headers. */
const errorMark = (marked: boolean): Check => ({
  title: marked ? 'marks errors by a header where they have no topic' : 'delivers errors where they have no topic',
  column: 'headers',
  run: async (bench) => {
    const subject = await bench.subject({ settings: { topic: bench.topic } });
    await subject.producer.send({ value: Buffer.from('an error') }, { ...PATIENT, isError: true });
    const { value, headers } = await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS);
    assert.equal(text(value), 'an error');
    const mark = headers.find(([name]) => name === 'outspool-is-error')?.[1];
    assert.equal(text(mark), marked ? 'true' : null);
  },
});

const MANY = 100;

const reports = semantics('reports every message once, in its own words', async (bench) => {
  const reported: [Error | null, DeliveryReport][] = [];
  const deliveryReport = (error: Error | null, report: DeliveryReport) => void reported.push([error, report]);
  const subject = await bench.subject({ options: { deliveryReport } });
  produceAll(subject, bench.topic, numbers(MANY));
  await subject.producer.flush(TIMEOUT_MS);
  await bench.until(() => reported.length >= MANY, 'a report for every message');
  assert.deepEqual(new Set(reported.map(([error]) => error)), new Set([null]));
  assert.deepEqual(
    reported.map(([, { message }]) => message.text()).toSorted(),
    numbers(MANY).toSorted(),
    'one report for each message',
  );
  for (const [, { topic, producer }] of reported)
    assert.deepEqual([topic, producer], [bench.topic, subject.producer.name]);
});

const INVALID: readonly unknown[] = [
  { value: undefined },
  { value: () => 1 },
  { value: 1, topic: '' },
  { value: 1, key: 42 },
  { value: 1, headers: { a: 1 } },
  { value: 1, misspelt: true },
];

const invalid = semantics('refuses what is no message, and has then not accepted it', async (bench) => {
  const { producer } = await bench.subject();
  for (const input of INVALID) {
    assert.throws(() => producer.produce(input as MessageInput), InvalidMessageError);
    await assert.rejects(producer.send(input as MessageInput, PATIENT), InvalidMessageError);
  }
  assert.equal(producer.stats().accepted, 0);
});

export const deliveryChecks = (features: Features): readonly Check[] => [
  jsonValues,
  bytes,
  topics,
  errorTopic,
  errorMark(headerSupport(features, 'text') === true),
  reports,
  invalid,
];
