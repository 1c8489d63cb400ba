/** One message that Apache Kafka will not take, among others in its set: it alone is dead-lettered, the rest in order. */

import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT } from '../support/until.ts';
import { type AnyKafka, brokers, consumeAll, createTopic, FORBIDDEN } from './index.ts';
import { asUser } from './secure.ts';

const COUNT = 1000;
const LIMIT = 100_000;
const SETS = [
  [2_000, 'librdkafka'],
  [50_000, 'librdkafka'],
  [1_000_000, 'librdkafka'],
  [50_000, 'node-rdkafka'],
] as const;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('one bad message on Apache Kafka', function () {
  this.timeout(120_000);

  const single = brokers('single');

  interface Run {
    readonly topic: string;
    readonly settings?: object;
    readonly count?: number;
    /** By its place among the others. */
    readonly bad: Readonly<Record<number, MessageInput>>;
  }

  /** Sends good messages with a bad one among them, so that one set takes as many as it can. */
  async function send({ topic, settings = {}, count = COUNT, bad }: Run): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    const producer = new KafkaProducer(
      {
        type: 'kafka',
        name: topic,
        bootstrap_servers: single.bootstrapServers.plaintext,
        compression: 'none',
        linger: '100ms',
        ...settings,
      },
      { logger: quiet, deadLetter: (letter) => letters.push(letter) },
    );
    await producer.start(PATIENT);
    for (const value of numbers(count)) producer.produce(bad[value] ?? { key: 'k', value });
    expect(await producer.flush(90_000)).to.deep.equal({ remaining: 0 });
    const { delivered, deadLettered } = await producer.shutdown();
    const refused = Object.keys(bad).length;
    expect({ delivered, deadLettered }).to.deep.equal({ delivered: count - refused, deadLettered: refused });
    return letters;
  }

  async function expectOthers(kafka: AnyKafka, { topic, count = COUNT, bad }: Run): Promise<void> {
    const arrived = (await consumeAll(kafka, topic)).map(({ value }) => Number(value));
    expect(arrived).to.deep.equal(numbers(count).filter((value) => !(value in bad)));
  }

  function expectReason([letter, ...more]: readonly DeadLetter[], code: number, reason: RegExp): void {
    expect(more).to.deep.equal([]);
    expect(letter?.reason).to.match(reason);
    expect(letter?.attempts.at(-1)?.error.details).to.include({ kafkaCode: code });
  }

  async function topicWith(configs: Readonly<Record<string, string>>, kafka: AnyKafka = single): Promise<string> {
    const topic = `poison-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1, configs });
    return topic;
  }

  const SMALL = { 'max.message.bytes': String(LIMIT) };
  const tooLarge = { key: 'k', value: randomBytes(2 * LIMIT) };

  it('too large for its topic', async () => {
    const run = { topic: await topicWith(SMALL), bad: { 500: tooLarge } };
    expectReason(await send(run), 10, /message size too large/i);
    await expectOthers(single, run);
  });

  it('invalid: without a key on a compacted topic', async () => {
    const run = { topic: await topicWith({ 'cleanup.policy': 'compact' }), bad: { 500: { value: 'no key' } } };
    expectReason(await send(run), 87, /failed to validate/i);
    await expectOthers(single, run);
  });

  it('invalid: a timestamp that its topic does not take', async () => {
    const topic = await topicWith({ 'message.timestamp.before.max.ms': String(24 * 3600 * 1000) });
    const run = { topic, bad: { 500: { key: 'k', value: 'old', timestamp: 1 } } };
    expectReason(await send(run), 32, /invalid timestamp/i);
    await expectOthers(single, run);
  });

  it('several invalid ones, which the broker names: each alone', async () => {
    const noKey = { value: 'no key' };
    const run = { topic: await topicWith({ 'cleanup.policy': 'compact' }), bad: { 0: noKey, 300: noKey, 999: noKey } };
    const letters = await send(run);
    expect(letters.map(({ reason }) => /failed to validate/i.test(reason))).to.deep.equal([true, true, true]);
    await expectOthers(single, run);
  });

  it('for a forbidden topic', async () => {
    const forbidden = `${FORBIDDEN.write}-${randomUUID()}`;
    await createTopic(single, forbidden, { partitions: 1 });
    const settings = {
      bootstrap_servers: single.bootstrapServers.saslPlaintext,
      security_protocol: 'SASL_PLAINTEXT',
      ...asUser(single.users.writer),
    };
    const run = { topic: await topicWith({}), settings, bad: { 500: { topic: forbidden, value: 'x' } } };
    expectReason(await send(run), 29, /authorization failed/i);
    await expectOthers(single, run);
  });

  it('for a topic that is not there, where brokers create none', async () => {
    const cluster = brokers('cluster');
    const settings = { bootstrap_servers: cluster.bootstrapServers.plaintext, topic_missing_seconds: 3 };
    const bad = { 500: { topic: `absent-${randomUUID()}`, value: 'x' } };
    const run = { topic: await topicWith({}, cluster), settings, bad };
    expectReason(await send(run), -188, /unknown topic/i);
    await expectOthers(cluster, run);
  });

  // Sets in flight behind the refused one must not be sent before it has been searched.
  for (const [batch_size, driver] of SETS)
    it(`with further sets of ${batch_size} bytes in flight behind it (${driver})`, async () => {
      const settings = { batch_size, driver, linger: '0ms' };
      const topic = await topicWith({ 'cleanup.policy': 'compact' });
      const run = { topic, settings, count: 90_000, bad: { 5000: { value: 'no key' } } };
      expectReason(await send(run), 87, /failed to validate/i);
      await expectOthers(single, run);
    });
});
