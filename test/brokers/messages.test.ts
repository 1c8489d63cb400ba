/** What is in a message arrives as it was sent, and the report says where and when, by the word of another client. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DeliveryReport } from '../../src/caller/settlement/report.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { Inspection } from '../../src/kinds/kafka/librdkafka/inspect/inspection.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { ConfigError } from '../../src/shared/errors.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT } from '../support/until.ts';
import { brokers, type ConsumedMessage, consumeAll, createTopic } from './index.ts';

const WHEN = 1_700_000_000_123;
const BINARY = Buffer.from([0, 255, 0, 128, 10]);
const EMPTY = Buffer.alloc(0);

/** By name; each goes to partition 0 alone, so that it can be told by its place. */
const CASES: Readonly<Record<string, Omit<MessageInput, 'partition'>>> = {
  'text and JSON': { key: 'kéy', value: { text: 'välue' } },
  bytes: { key: BINARY, value: BINARY },
  'a tombstone': { key: 'gone', value: null },
  'no key': { value: 'x' },
  'neither key nor value': { value: null },
  'an empty key and value': { key: '', value: EMPTY },
  'an empty value without a key': { value: EMPTY },
  'a timestamp': { value: 'x', timestamp: WHEN },
  'the first moment': { value: 'x', timestamp: 1 },
  'a Date': { value: 'x', timestamp: new Date(WHEN + 1) },
  'text headers': { value: 'x', headers: { a: 'eins', b: 'zwei ü' } },
  'binary headers, empty and without value': { value: 'x', headers: { binary: BINARY, empty: '', none: null } },
  'headers of one name': { value: 'x', headers: [['a', '1'], ['b', '2'], ['a', '3']] }, // biome-ignore format: one line a case
  'everything at once': { key: BINARY, value: BINARY, headers: [['a', BINARY]], timestamp: WHEN + 2 },
};

/** What the consumer must see of a case. */
function expected({ key, value, headers = {} }: Omit<MessageInput, 'partition'>) {
  const bytes = (part: unknown) => {
    if (part === null || part === undefined) return null;
    return typeof part === 'string' ? Buffer.from(part) : (part as Buffer);
  };
  const json = value === null || value instanceof Uint8Array ? value : JSON.stringify(value);
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return { key: bytes(key), value: bytes(json), headers: pairs.map(([name, text]) => [name, bytes(text)]) };
}

/** kafkajs gathers headers of one name in a list. */
const seen = ({ key, value, headers }: ConsumedMessage) => ({
  key,
  value,
  headers: Object.entries(headers).flatMap(([name, values]) => [values].flat().map((one) => [name, one ?? null])),
});

describe('messages on Apache Kafka', () => {
  const kafka = brokers('single');
  const bootstrap_servers = kafka.bootstrapServers.plaintext;

  function create(topic: string, settings: object, reports: DeliveryReport[]): KafkaProducer {
    const deliveryReport = (error: Error | null, report: DeliveryReport) => {
      if (error === null) reports.push(report);
    };
    return new KafkaProducer(
      { type: 'kafka', name: topic, bootstrap_servers, ...settings },
      { logger: quiet, deliveryReport },
    );
  }

  for (const type of ['CreateTime', 'LogAppendTime'])
    it(`arrive as they were sent, and are reported where and when they arrived (${type})`, async () => {
      const topic = `messages-${randomUUID()}`;
      await createTopic(kafka, topic, { partitions: 3, configs: { 'message.timestamp.type': type } });
      const reports: DeliveryReport[] = [];
      const producer = create(topic, { compression: 'gzip' }, reports);
      const begin = Date.now();
      for (const message of Object.values(CASES)) producer.produce({ ...message, partition: 1 });
      await producer.flush();
      await producer.shutdown();

      const consumed = await consumeAll(kafka, topic);
      expect(consumed.map(({ partition }) => partition)).to.deep.equal(consumed.map(() => 1));
      const sorted = (headers: unknown[][]) => headers.toSorted(([a], [b]) => String(a).localeCompare(String(b)));
      for (const [index, [name, message]] of Object.entries(CASES).entries()) {
        const [is, ought] = [seen(consumed[index] as ConsumedMessage), expected(message)];
        expect({ ...is, headers: sorted(is.headers) }, name).to.deep.equal({
          ...ought,
          headers: sorted(ought.headers),
        });
        const { timestamp } = consumed[index] as ConsumedMessage;
        if (type === 'CreateTime' && message.timestamp !== undefined)
          expect(timestamp, name).to.equal(Number(message.timestamp));
        else expect(timestamp, name).to.be.within(begin, Date.now());
      }
      const place = ({ partition, offset, timestamp }: Pick<DeliveryReport, 'partition' | 'offset' | 'timestamp'>) => ({
        partition,
        offset,
        timestamp,
      });
      expect(reports.map(place)).to.deep.equal(consumed.map(place));
    });

  for (const [codec, compression] of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).entries())
    it(`arrive in sets that are packed with ${compression}, where librdkafka was built with it`, async () => {
      const topic = `messages-${randomUUID()}`;
      await createTopic(kafka, topic, { partitions: 1, configs: { 'compression.type': 'producer' } });
      const make = () => create(topic, { compression, linger: '20ms' }, []);
      if (compression === 'zstd' && !new Inspection(loadNative()).features().has('zstd')) {
        expect(make).to.throw(ConfigError, 'built without zstd');
        return;
      }
      const producer = make();
      const values = Array.from({ length: 500 }, (_, n) => `${n} ${'all work and no play '.repeat(20)}`);
      for (const value of values) producer.produce({ key: 'k', value: Buffer.from(value) });
      await producer.flush();
      await producer.shutdown();
      const read = await readTopic({ bootstrapServers: bootstrap_servers, topic, count: values.length });
      expect(read.map(({ value }) => value?.toString())).to.deep.equal(values);
      expect(codecOnDisk(topic)).to.equal(codec);
    });

  /** The lowest bits of the attributes in the header of the first record batch of the log. */
  function codecOnDisk(topic: string): number {
    const log = join(kafka.brokers[0]?.directory ?? '', 'data', `${topic}-0`, '00000000000000000000.log');
    return readFileSync(log).readInt16BE(21) & 7;
  }

  it('of an acknowledgement that nobody waits for have neither offset nor timestamp of the broker', async () => {
    const topic = `messages-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    const producer = create(topic, { acks: 0, idempotence: false }, []);
    const { partition, offset } = await producer.send({ value: 'x' }, PATIENT);
    await producer.shutdown();
    expect({ partition, offset }).to.deep.equal({ partition: 0, offset: null });
  });
});
