import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { KafkaProducerConfig } from '../../src/config/kafka.ts';
import { KafkaProducer } from '../../src/producers/kafka/kafka-producer.ts';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { quiet } from '../support/quiet.ts';
import { topicReader } from '../support/topic-reader.ts';

const CLOSED_PORT = '127.0.0.1:1';

const directory = mkdtempSync(join(tmpdir(), 'outspool-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let kafka: EmbeddedKafka;
before(async () => {
  kafka = await EmbeddedKafka.start();
});
after(() => kafka.stop());

const factory =
  (settings: Partial<z.input<typeof KafkaProducerConfig>>): ContractFactory =>
  async ({ unavailable }) => {
    const bootstrap_servers = unavailable ? CLOSED_PORT : kafka.bootstrapServers;
    const producer = new KafkaProducer(
      { type: 'kafka', name: 'contract', bootstrap_servers, ...settings },
      { logger: quiet },
    );
    return { producer, getMessageFromTopic: topicReader(kafka.bootstrapServers) };
  };

producerContract('Kafka by librdkafka in the worker', factory({ driver: 'librdkafka' }));
producerContract('Kafka by node-rdkafka on the main thread', factory({ driver: 'node-rdkafka' }));
let spools = 0;
producerContract('Kafka with a spool', async (options) => {
  const path = join(directory, String(spools++));
  return factory({ queue: { spool: { path } } })(options);
});
producerContract('Kafka in transactions', factory({ transactional_id: 'contract' }));
