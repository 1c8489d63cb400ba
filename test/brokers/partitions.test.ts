/** Keys land where the Java client puts them, by the word of an independent consumer. */

import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { javaPartitions } from '../support/partition-vectors.ts';
import { quiet } from '../support/quiet.ts';
import { brokers, consumeAll, createTopic } from './index.ts';

const hex = (key: Buffer | null) => (key === null ? 'no key' : key.toString('hex'));

describe('partitions on Apache Kafka', () => {
  const kafka = brokers('single');

  for (const driver of ['librdkafka', 'node-rdkafka'] as const)
    for (const count of [3, 12, 50])
      it(`${driver} puts keys on those of ${count} that the Java client chooses`, async () => {
        const topic = `partitions-${randomUUID()}`;
        await createTopic(kafka, topic, { partitions: count });
        const expected = javaPartitions(count);
        const producer = new KafkaProducer(
          {
            type: 'kafka',
            name: topic,
            driver,
            bootstrap_servers: kafka.bootstrapServers.plaintext,
            compression: 'none',
          },
          { logger: quiet },
        );
        for (const { key } of expected) producer.produce({ key, value: null });
        expect(await producer.flush()).to.deep.equal({ remaining: 0 });
        await producer.shutdown();
        const consumed = await consumeAll(kafka, topic);
        const landed = consumed.map(({ key, partition }) => [hex(key), partition]);
        expect(landed).to.have.deep.members(expected.map(({ key, partition }) => [hex(key), partition]));
      });
});
