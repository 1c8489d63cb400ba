/** What Apache Kafka refuses for its size: the reason names the setting of the topic, for every kind of producer. */

import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { KafkaConfig } from '../../src/kinds/kafka/schema.ts';
import { quiet } from '../support/quiet.ts';
import { brokers, consumeAll, createTopic } from './index.ts';

const KINDS: Readonly<Record<string, Partial<KafkaConfig>>> = {
  plain: {},
  transactional: { transactional_id: `sizes-${randomUUID()}` },
  'node-rdkafka': { driver: 'node-rdkafka' },
};

interface TooLarge {
  readonly bytes: number;
  readonly configs: Readonly<Record<string, string>>;
  readonly reason: RegExp;
}

const CASES: Readonly<Record<string, TooLarge>> = {
  'larger than max.message.bytes': {
    bytes: 5000,
    configs: { 'max.message.bytes': '2000' },
    reason: /message size too large \(MSG_SIZE_TOO_LARGE, 10\): a broker refused it .* topic's 'max.message.bytes'/i,
  },
  'larger than segment.bytes': {
    bytes: 2_000_000,
    configs: { 'max.message.bytes': '4000000', 'segment.bytes': '1048576' },
    reason: /\(RECORD_LIST_TOO_LARGE, 18\): a broker refused it .* topic's 'segment.bytes'/,
  },
};

describe('a message that a broker refuses for its size', () => {
  const kafka = brokers('single');

  for (const [kind, settings] of Object.entries(KINDS))
    for (const [what, { bytes, configs, reason }] of Object.entries(CASES))
      it(`names the setting of the topic: ${what}, ${kind}`, async () => {
        const topic = `sizes-${randomUUID()}`;
        await createTopic(kafka, topic, { partitions: 1, configs });
        const letters: DeadLetter[] = [];
        const bootstrap_servers = kafka.bootstrapServers.plaintext;
        const producer = new KafkaProducer(
          { type: 'kafka', name: topic, bootstrap_servers, compression: 'none', max_message_bytes: '3MB', ...settings },
          { logger: quiet, deadLetter: (letter) => void letters.push(letter) },
        );
        for (const value of ['first', randomBytes(bytes), 'last']) producer.produce({ value });
        expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
        await producer.shutdown(5000);
        expect(letters).to.have.length(1);
        expect(letters[0]?.reason).to.match(reason);
        expect((await consumeAll(kafka, topic)).map(({ value }) => String(value))).to.deep.equal(['"first"', '"last"']);
      });
});
