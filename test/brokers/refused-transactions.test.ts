/** Messages and topics that Apache Kafka refuses to a transactional producer: they alone are dead-lettered, the rest in order. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { Logger } from '../../src/shared/log/logger.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import { PATIENT, until } from '../support/until.ts';
import { brokers, consumeAll, createTopic, FORBIDDEN } from './index.ts';
import { type PermissionName, Permissions } from './permissions.ts';
import { asUser } from './secure.ts';

const LIMIT = 2000;
const DAY_MS = 24 * 3600 * 1000;
const KEYS = 20;
/** Of each density so many messages are sent that some are bad. */
const COUNTS = { 5: 100, 50: 250, 500: 1000 } as const;

interface Kind {
  readonly configs?: Readonly<Record<string, string>>;
  readonly reason: RegExp;
  bad(message: { key: string; value: number }, denied: string): MessageInput;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'too large': {
    configs: { 'max.message.bytes': String(LIMIT) },
    reason: /message size too large \(MSG_SIZE_TOO_LARGE, 10\)/i,
    bad: ({ key, value }) => ({ key, value, headers: { filling: Buffer.alloc(2 * LIMIT) } }),
  },
  'an invalid record': {
    configs: { 'cleanup.policy': 'compact' },
    reason: /failed to validate record \(INVALID_RECORD, 87\)/i,
    bad: ({ value }) => ({ value }),
  },
  'an old timestamp': {
    configs: { 'message.timestamp.before.max.ms': String(DAY_MS) },
    reason: /invalid timestamp \(INVALID_TIMESTAMP, 32\)/i,
    bad: (message) => ({ ...message, timestamp: 1 }),
  },
  'a denied topic': {
    reason: /topic authorization failed \(TOPIC_AUTHORIZATION_FAILED, 29\): have WRITE on this topic granted/i,
    bad: (message, denied) => ({ ...message, topic: denied }),
  },
  'a missing partition': {
    reason: /unknown partition \(_UNKNOWN_PARTITION, -190\)/i,
    bad: (message) => ({ ...message, partition: 99 }),
  },
};

/** Everything that is logged above debug. */
function listener() {
  const lines: { level: string; message: string; err: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    const { err = '', reason = '' } = fields as { err?: string; reason?: string };
    lines.push({ level, message, err: err || reason });
  };
  const logger: Logger = { debug: () => {}, info: () => {}, warn: at('warn'), error: at('error') };
  return { logger, lines };
}

const isDelivered = (sending: Promise<unknown>): Promise<boolean> =>
  sending.then(
    () => true,
    () => false,
  );

/** `OUTSPOOL_REFUSALS=all` takes all of them. */
const PARTITIONS = process.env.OUTSPOOL_REFUSALS === 'all' ? [1, 3, 12] : [3];

describe('refusals in a transaction on Apache Kafka', function () {
  this.timeout(120_000);

  const kafka = brokers('single');
  const configOf = (topic: string) => ({
    type: 'kafka' as const,
    name: topic,
    bootstrap_servers: kafka.bootstrapServers.plaintext,
    transactional_id: topic,
    compression: 'none' as const,
  });

  async function expectArrived(topic: string, expected: readonly number[]): Promise<void> {
    const arrived = (await consumeAll(kafka, topic)).map(({ value }) => Number(value));
    expect([...arrived].sort((a, b) => a - b)).to.deep.equal(expected);
    const last = new Map<number, number>();
    for (const value of arrived) {
      expect(value, 'order per key').to.be.greaterThan(last.get(value % KEYS) ?? -1);
      last.set(value % KEYS, value);
    }
  }

  for (const [name, { configs, reason, bad }] of Object.entries(KINDS))
    for (const [every, count] of Object.entries(COUNTS))
      for (const partitions of PARTITIONS)
        it(`${name}: one of ${every}, ${partitions} partitions`, async () => {
          const topic = `refused-${randomUUID()}`;
          const denied = `${FORBIDDEN.write}-${randomUUID()}`;
          await createTopic(kafka, topic, { partitions, ...(configs && { configs }) });
          if (name === 'a denied topic') await createTopic(kafka, denied, { partitions });
          const letters: DeadLetter[] = [];
          const { logger, lines } = listener();
          const producer = new KafkaProducer(configOf(topic), { logger, deadLetter: (letter) => letters.push(letter) });
          await producer.start(PATIENT);
          const isBad = (value: number) => value % Number(every) === 2;
          const values = Array.from({ length: count }, (_, value) => value);
          const began = performance.now();
          for (const value of values) {
            const message = { key: `k${value % KEYS}`, value };
            producer.produce(isBad(value) ? bad(message, denied) : message);
          }
          expect(await producer.flush(110_000)).to.deep.equal({ remaining: 0 });
          const rate = (letters.length / (performance.now() - began)) * 1000;
          console.log(`      ${letters.length} bad messages, ${rate.toFixed(0)} a second`);
          await producer.shutdown(5000);
          expect(letters.map(({ message }) => Number(message.json())).sort((a, b) => a - b)).to.deep.equal(
            values.filter(isBad),
          );
          for (const letter of letters) expect(letter.reason).to.match(reason);
          expect(lines.filter(({ message }) => message !== 'message dead-lettered')).to.deep.equal([]);
          await expectArrived(
            topic,
            values.filter((value) => !isBad(value)),
          );
        });

  it('a topic that stays denied costs one client, and no line above debug but that of its dead letters', async () => {
    const topic = `refused-${randomUUID()}`;
    const denied = `${FORBIDDEN.write}-${randomUUID()}`;
    for (const name of [topic, denied]) await createTopic(kafka, name, { partitions: 3 });
    const { logger, lines } = listener();
    const fatal: string[] = [];
    const debug = (_: object, message: string) => void (message.startsWith('FATAL ') && fatal.push(message));
    const letters: DeadLetter[] = [];
    const options = { logger: { ...logger, debug }, deadLetter: (letter: DeadLetter) => void letters.push(letter) };
    const producer = new KafkaProducer(configOf(topic), options);
    await producer.send({ key: 'k0', value: 0 }, PATIENT);
    for (let second = 0; second < 4; second++) {
      const good = producer.send({ key: 'k', value: 100 + second }, PATIENT);
      producer.produce({ topic: denied, value: second });
      expect(await isDelivered(good)).to.equal(true);
      await until(() => letters.length > second);
      await sleep(1100); // the broker is asked again after a second
    }
    await producer.shutdown(5000);
    expect(letters.length).to.equal(4);
    expect(fatal.length).to.be.at.most(1);
    expect(lines.filter(({ message }) => message !== 'message dead-lettered')).to.deep.equal([]);
  });

  describe('permissions that change in mid-run', () => {
    /** What is said first, and whether messages wait for the permission. */
    const EXPECTED: Readonly<Record<PermissionName, { first: RegExp; waits: boolean }>> = {
      'transactional id': { first: /no permission to use the transactional id .* WRITE and DESCRIBE/, waits: true },
      group: { first: /no permission to commit an offset of the group .* have READ/, waits: true },
      read: {
        first: /no permission to commit an offset for the topic .* grant the user READ .* in addition to WRITE/,
        waits: true,
      },
      write: { first: /have WRITE on this topic granted/, waits: false },
    };

    for (const [permission, { first, waits }] of Object.entries(EXPECTED) as [
      PermissionName,
      { first: RegExp; waits: boolean },
    ][])
      it(`${permission}: says what to do, loses nothing, goes on when it is granted again`, async () => {
        const topic = `permission-${randomUUID()}`;
        await createTopic(kafka, topic, { partitions: 3 });
        const permissions = new Permissions(kafka, topic);
        await permissions.grantAll();
        const letters: DeadLetter[] = [];
        const { logger, lines } = listener();
        const settings: object = {
          bootstrap_servers: kafka.bootstrapServers.saslPlaintext,
          security_protocol: 'SASL_PLAINTEXT',
          backoff_seconds: 1,
          ...asUser(kafka.users.guest),
        };
        const producer = new KafkaProducer(
          { ...configOf(topic), ...settings },
          { logger, deadLetter: (letter) => letters.push(letter) },
        );
        await producer.send({ key: 'k0', value: 0 }, PATIENT);
        await permissions.revoke(permission);
        let value = 1;
        const next = () => ({ key: `k${value % KEYS}`, value: value++ });
        while (lines.length === 0) {
          producer.produce(next());
          await sleep(20);
        }
        for (let more = 0; more < 50; more++) producer.produce(next());
        if (!waits) await until(() => letters.length === value - 1);
        expect(`${lines[0]?.err}`).to.match(first);
        await permissions.grant(permission);
        while (!(await isDelivered(producer.send(next(), PATIENT)))) await sleep(100);
        for (let more = 0; more < 50; more++) producer.produce(next());
        expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
        await producer.shutdown(5000);
        const refused = new Set(letters.map(({ message }) => Number(message.json())));
        if (waits) expect(refused.size).to.equal(0);
        expect(
          lines.map(({ err }) => err).filter((err) => /TXNERR|ADDPARTS|INVALID_TXN_STATE/.test(err)),
        ).to.deep.equal([]);
        await expectArrived(
          topic,
          Array.from({ length: value }, (_, index) => index).filter((index) => !refused.has(index)),
        );
      });
  });
});
