/** Messages on an embedded cluster come back as they were sent, and whatever happens, reading ends. */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { Inspection } from '../../src/kinds/kafka/librdkafka/inspect/inspection.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { ConfigError, ConnectError, OutspoolError } from '../../src/shared/errors.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { type ReadTopicOptions, readTopic } from '../../src/testing/read-topic.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

const WHEN = 1_700_000_000_123;
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const EMPTY = Buffer.alloc(0);
/** Outlasts each test, so that a test which passes did not wait for it. */
const HOUR_MS = 3_600_000;

type Part = Buffer | null;

interface Case {
  readonly key: Part;
  readonly value: Part;
  readonly headers?: readonly (readonly [string, Part])[];
  readonly timestamp?: number;
}

const CASES: Readonly<Record<string, Case>> = {
  bytes: { key: EVERY_BYTE, value: EVERY_BYTE },
  'a tombstone': { key: Buffer.from('gone'), value: null },
  'neither key nor value': { key: null, value: null },
  'an empty key and value': { key: EMPTY, value: EMPTY },
  'an empty value without a key': { key: null, value: EMPTY },
  'a timestamp': { key: null, value: Buffer.from('x'), timestamp: WHEN },
  'headers: binary, empty and without value': {
    key: null,
    value: Buffer.from('x'),
    headers: [
      ['binary', EVERY_BYTE],
      ['empty', EMPTY],
      ['none', null],
    ],
  },
  'headers of one name, in order': {
    key: null,
    value: null,
    headers: [
      ['a', Buffer.from('1')],
      ['prüfung', Buffer.from('2')],
      ['a', Buffer.from('3')],
    ],
  },
  'many headers': {
    key: EMPTY,
    value: EMPTY,
    headers: Array.from({ length: 100 }, (_, n) => [`h${n}`, Buffer.alloc(n, n)] as const),
    timestamp: WHEN + 1,
  },
  'a large value': { key: EVERY_BYTE, value: Buffer.alloc(900_000, EVERY_BYTE) },
};

describe('reading a topic', () => {
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start();
  });
  after(() => kafka.stop());

  const read = (topic: string, options: Partial<ReadTopicOptions> = {}) =>
    readTopic({ bootstrapServers: kafka.bootstrapServers, topic, timeoutMs: HOUR_MS, ...options });

  async function send(topic: string, messages: readonly MessageInput[], settings: object = {}): Promise<void> {
    const config = { type: 'kafka', name: topic, bootstrap_servers: kafka.bootstrapServers, ...settings } as const;
    const producer = new KafkaProducer(config, { logger: quiet });
    try {
      await Promise.all(messages.map((message) => producer.send(message, PATIENT)));
    } finally {
      await producer.shutdown(HANG_MS);
    }
  }

  const numbers = (from: number, to: number): MessageInput[] =>
    Array.from({ length: to - from }, (_, n) => ({ value: String(from + n), partition: 0 }));
  const valuesOf = (messages: readonly { value: Buffer | null }[]) => messages.map(({ value }) => value?.toString());

  it('returns every kind of message as it was sent', async () => {
    kafka.createTopic('cases', 1);
    const begin = Date.now();
    for (const { headers = [], ...one } of Object.values(CASES)) await send('cases', [{ ...one, headers }]);
    const messages = await read('cases');
    expect(messages).to.have.length(Object.keys(CASES).length);
    for (const [index, [name, { timestamp, ...sent }]] of Object.entries(CASES).entries()) {
      const { timestamp: when, ...message } = messages[index] as (typeof messages)[number];
      expect(message, name).to.deep.equal({ headers: [], partition: 0, offset: index, ...sent });
      if (timestamp === undefined) expect(when, name).to.be.within(begin, Date.now());
      else expect(when, name).to.equal(timestamp);
    }
  });

  const features = new Inspection(loadNative()).features();
  for (const compression of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).filter(
    (codec) => codec === 'none' || features.has(codec),
  ))
    it(`returns sets that are packed with ${compression}`, async () => {
      const topic = `packed-${compression}`;
      const values = Array.from({ length: 500 }, (_, n) => `${n} ${'all work and no play '.repeat(20)}`);
      kafka.createTopic(topic, 1);
      const messages = values.map((value) => ({ key: 'k', value: Buffer.from(value) }));
      await send(topic, messages, { compression, linger: '20ms' });
      expect(valuesOf(await read(topic))).to.deep.equal(values);
    });

  it('returns each partition in order, also those that are empty', async () => {
    kafka.createTopic('several', 5);
    const sent = Array.from({ length: 900 }, (_, n) => ({ value: String(n), partition: n % 3 }));
    await send('several', sent);
    const messages = await read('several');
    for (const partition of [0, 1, 2]) {
      const of = messages.filter((message) => message.partition === partition);
      const expected = sent.filter((message) => message.partition === partition).map(({ value }) => value);
      expect(valuesOf(of).map((value) => JSON.parse(value ?? ''))).to.deep.equal(expected);
      expect(of.map(({ offset }) => offset)).to.deep.equal(expected.map((_, offset) => offset));
    }
  });

  it('begins where it is told, and at no other partition', async () => {
    kafka.createTopic('from', 3);
    await send(
      'from',
      Array.from({ length: 30 }, (_, n) => ({ value: n, partition: n % 3 })),
    );
    const from = new Map([
      [0, 7],
      [2, 10],
    ]);
    const places = (await read('from', { from })).map(({ partition, offset }) => [partition, offset]);
    expect(places).to.deep.equal([7, 8, 9].map((offset) => [0, offset]));
  });

  it('returns and counts only the messages that are wanted', async () => {
    kafka.createTopic('where', 1);
    await send('where', numbers(0, 50));
    const where = ({ offset }: { offset: number }) => offset % 10 === 0;
    expect((await read('where', { where, count: 5 })).map(({ offset }) => offset)).to.deep.equal([0, 10, 20, 30, 40]);
  });

  describe('whose oldest messages have been deleted', () => {
    const COUNT = 10;
    /** The cluster keeps 5 MiB of a partition. */
    const value = () => randomBytes(900_000);
    const offsetOf = ({ offset }: { offset: number }) => offset;

    before(async () => {
      kafka.createTopic('trimmed', 1);
      await send(
        'trimmed',
        Array.from({ length: COUNT }, () => ({ value: value(), partition: 0 })),
      );
    });

    it('begins with the oldest message that is left', async () => {
      const offsets = (await read('trimmed')).map(offsetOf);
      expect(offsets[0]).to.be.within(1, COUNT - 1);
      expect(offsets.at(-1)).to.equal(COUNT - 1);
    });

    it('begins there too when the offset to begin at has been deleted', async () => {
      const all = (await read('trimmed')).map(offsetOf);
      expect((await read('trimmed', { from: new Map([[0, 0]]) })).map(offsetOf)).to.deep.equal(all);
      expect(all).to.not.deep.equal([]);
    });

    it('leaves that to the properties, where they have it', async () => {
      const properties = { 'auto.offset.reset': 'latest' };
      expect(await read('trimmed', { properties })).to.deep.equal([]);
    });
  });

  it('keeps no more memory than about that of the messages that are wanted', async () => {
    kafka.createTopic('memory', 1);
    await send(
      'memory',
      Array.from({ length: 2000 }, (_, n) => ({
        key: 'k',
        value: Buffer.alloc(600, n),
        headers: { h: 'v' },
        partition: 0,
      })),
    );
    const where = ({ offset }: { offset: number }) => offset % 100 === 0;
    const messages = await read('memory', { where });
    expect(messages).to.have.length(20);
    for (const { offset, key, value, headers } of messages)
      expect([key?.toString(), value, headers]).to.deep.equal([
        'k',
        Buffer.alloc(600, offset),
        [['h', Buffer.from('v')]],
      ]);
    const parts = messages.flatMap(({ key, value, headers }) => [key, value, ...headers.map(([, bytes]) => bytes)]);
    const memories = new Set(parts.map((part) => part?.buffer));
    // Small buffers share pools, whose size depends on the version of Node.
    const most = Math.max(65_536, 4 * Buffer.poolSize);
    expect([...memories].reduce((sum, memory) => sum + (memory?.byteLength ?? 0), 0)).to.be.below(most);
  });

  it('waits for messages that are still to come, and returns those there are when the time is over', async () => {
    kafka.createTopic('later', 1);
    const reading = read('later', { count: 4 });
    await send('later', numbers(0, 2));
    await send('later', numbers(2, 4));
    expect(await reading).to.have.length(4);
    expect(await read('later', { count: 5, timeoutMs: 500 })).to.have.length(4);
    expect(await read('later', { count: 0 })).to.deep.equal([]);
  });

  it('goes on when a broker comes back', async () => {
    kafka.createTopic('outage', 1);
    await send('outage', numbers(0, 5));
    let seen = 0;
    const where = () => {
      seen++;
      return true;
    };
    const reading = read('outage', { count: 10, where });
    while (seen < 5) await sleep(2);
    kafka.brokerDown();
    await sleep(50);
    kafka.brokerUp();
    await send('outage', numbers(5, 10));
    expect((await reading).map(({ offset }) => offset)).to.deep.equal(Array.from({ length: 10 }, (_, n) => n));
  });

  it('waits for a broker that is down at first', async () => {
    kafka.createTopic('down-at-first', 1);
    await send('down-at-first', numbers(0, 3));
    kafka.brokerDown();
    const reading = read('down-at-first', { count: 3 });
    await sleep(1000);
    kafka.brokerUp();
    expect(await reading).to.have.length(3);
  });

  it('returns what a transaction has committed', async () => {
    kafka.createTopic('committed', 1);
    await send('committed', numbers(0, 20), { transactional_id: 'read-topic' });
    const properties = { 'isolation.level': 'read_committed' };
    expect(await read('committed', { properties, count: 20 })).to.have.length(20);
  });

  it('reads at several places in one process at once', async () => {
    kafka.createTopic('shared', 4);
    await send(
      'shared',
      Array.from({ length: 400 }, (_, n) => ({ value: n, partition: n % 4 })),
    );
    const all = await Promise.all(Array.from({ length: 8 }, () => read('shared')));
    expect(all.map(({ length }) => length)).to.deep.equal(Array(8).fill(400));
  });

  const rejection = async (reading: Promise<unknown>): Promise<Error> =>
    reading.then(
      () => new Error('it has resolved'),
      (error: Error) => error,
    );

  it('says that there is no such topic, and that a topic may not be read', async () => {
    kafka.setTopicError('nowhere', 3);
    const none = await rejection(read('nowhere', { timeoutMs: 2000.5 }));
    expect(none).to.be.instanceOf(OutspoolError).with.property('message', 'there is no topic nowhere');
    kafka.setTopicError('secret', 29);
    const denied = await rejection(read('secret'));
    expect(denied).to.be.instanceOf(OutspoolError);
    expect(denied.message).to.match(/^topic secret cannot be read: .*authorization failed/i);
  });

  it('says why there is no broker', async () => {
    const error = await rejection(read('t', { bootstrapServers: '127.0.0.1:1', timeoutMs: 1500 }));
    expect(error).to.be.instanceOf(ConnectError);
    expect(error.message).to.match(/nothing listens at 127\.0\.0\.1:1/);
  });

  it('refuses a server whose answers would end the process before librdkafka meets it', async () => {
    const stranger = await FakeBroker.start(() => Buffer.alloc(64));
    const error = await rejection(read('t', { bootstrapServers: stranger.address }));
    expect(error).to.be.instanceOf(ConnectError);
    expect(error.message).to.contain('answers, but not as Kafka does');
    await stranger.stop();
  });

  it('refuses properties that librdkafka refuses, and takes those of a producer', async () => {
    const properties = { 'linger.ms': '5', 'compression.codec': 'lz4', 'enable.idempotence': 'true' };
    expect(await read('cases', { properties })).to.have.length(Object.keys(CASES).length);
    const error = await rejection(read('cases', { properties: { 'no.such.property': '1' } }));
    expect(error).to.be.instanceOf(ConfigError);
    expect(error.message).to.match(/no\.such\.property/);
  });

  describe('ends with its signal', () => {
    const REASON = new Error('enough');
    const states: Readonly<Record<string, Partial<ReadTopicOptions> & { readonly topic?: string }>> = {
      'while it waits for messages': { count: 1000 },
      'while it waits for a broker': { bootstrapServers: '127.0.0.1:1' },
      'while it waits for a topic': { topic: 'nowhere' },
    };
    for (const [when, options] of Object.entries(states))
      it(when, async () => {
        kafka.setTopicError('nowhere', 3);
        const controller = new AbortController();
        const reading = rejection(read('cases', { ...options, signal: controller.signal }));
        await sleep(300);
        controller.abort(REASON);
        expect(await reading).to.equal(REASON);
      });

    it('before it has begun', async () => {
      expect(await rejection(read('cases', { signal: AbortSignal.abort(REASON) }))).to.equal(REASON);
    });
  });
});
