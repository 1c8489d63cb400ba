/** `readTopic` against Apache Kafka: what only a real broker has, which is security, permissions and aborted transactions. */

import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import kafkajs from 'kafkajs';
import { ConnectError, OutspoolError } from '../../src/shared/errors.ts';
import { type ReadMessage, type ReadTopicOptions, readTopic } from '../../src/testing/read-topic.ts';
import { HANG_MS } from '../support/until.ts';
import { quietKafka } from './admin.ts';
import { brokers, createTopic, FORBIDDEN, type User } from './index.ts';
import { Permissions } from './permissions.ts';

const { CompressionTypes } = kafkajs;

describe('reading topics of Apache Kafka', function () {
  this.timeout(2 * HANG_MS);
  const kafka = brokers('single');
  const client = () => quietKafka({ brokers: [kafka.bootstrapServers.plaintext] });
  const valuesOf = (messages: readonly ReadMessage[]) => messages.map(({ value }) => String(value));

  const read = (topic: string, options: Partial<ReadTopicOptions> = {}) =>
    readTopic({ bootstrapServers: kafka.bootstrapServers.plaintext, topic, timeoutMs: HANG_MS, ...options });

  const as = ({ username, password }: User, mechanism = 'PLAIN') => ({
    bootstrapServers: kafka.bootstrapServers.saslPlaintext,
    properties: {
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanisms': mechanism,
      'sasl.username': username,
      'sasl.password': password,
    },
  });

  const rejection = async (reading: Promise<unknown>): Promise<Error> =>
    reading.then(
      () => new Error('it has resolved'),
      (error: Error) => error,
    );

  /** Writes with another client than ours: one message committed, one aborted, one committed. */
  async function transactions(topic: string): Promise<void> {
    const producer = client().producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const [value, ends] of [
      ['first', 'commit'],
      ['aborted', 'abort'],
      ['last', 'commit'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, compression: CompressionTypes.None, messages: [{ value }] });
      await transaction[ends]();
    }
    await producer.disconnect();
  }

  it('leaves out aborted transactions, or returns them when it is told to', async () => {
    const topic = `read-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    await transactions(topic);
    expect(valuesOf(await read(topic))).to.deep.equal(['first', 'last']);
    const properties = { 'isolation.level': 'read_uncommitted' };
    expect(valuesOf(await read(topic, { properties }))).to.deep.equal(['first', 'aborted', 'last']);
  });

  it('reads to the end where the last transaction was aborted, and where partitions are empty', async () => {
    const topic = `read-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 3 });
    const producer = client().producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'aborted', partition: 1 }] });
    await transaction.abort();
    await producer.disconnect();
    expect(await read(topic)).to.deep.equal([]);
  });

  it('reads as a user, by each mechanism', async () => {
    const topic = `read-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    await transactions(topic);
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
      expect(valuesOf(await read(topic, as(kafka.users.reader, mechanism))), mechanism).to.have.length(2);
  });

  it('reads as a user who may read the topic and use no group', async () => {
    const topic = `read-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    await transactions(topic);
    const permissions = new Permissions(kafka, topic);
    await permissions.grant('read');
    try {
      expect(valuesOf(await read(topic, as(kafka.users.guest)))).to.deep.equal(['first', 'last']);
      const more = await read(topic, { ...as(kafka.users.guest), count: 3, timeoutMs: 2000 });
      expect(valuesOf(more)).to.deep.equal(['first', 'last']);
    } finally {
      await permissions.revoke('read');
    }
  });

  it('says what is wrong: the password, the permission, the topic', async () => {
    const wrong = { ...kafka.users.reader, password: 'wrong' };
    const password = await rejection(read('any', { ...as(wrong), timeoutMs: 3000 }));
    expect(password).to.be.instanceOf(ConnectError);
    expect(password.message)
      .to.match(/password|authenticat/i)
      .and.not.contain(kafka.users.reader.password);
    const hidden = FORBIDDEN.everything;
    const denied = await rejection(read(hidden, as(kafka.users.guest)));
    expect(denied).to.be.instanceOf(OutspoolError);
    expect(denied.message).to.match(new RegExp(`^topic ${hidden} cannot be read: .*authorization failed`, 'i'));
    const none = `no-${randomUUID()}`;
    const missing = await rejection(read(none, { ...as(kafka.users.reader), timeoutMs: 2000 }));
    expect(missing.message).to.equal(`there is no topic ${none}`);
  });
});
