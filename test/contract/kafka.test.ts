import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { KafkaProducerConfig } from '../../src/config/kafka.ts';
import type { MessageInput } from '../../src/message.ts';
import { KafkaProducer } from '../../src/producers/kafka/kafka-producer.ts';
import {
  type ContractFactory,
  type ContractServer,
  type Features,
  producerContract,
} from '../../src/testing/contract.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { quiet } from '../support/quiet.ts';
import { topicReader } from '../support/topic-reader.ts';

type Settings = Partial<z.input<typeof KafkaProducerConfig>>;

const CLOSED_PORT = '127.0.0.1:1';

const directory = mkdtempSync(join(tmpdir(), 'outspool-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let kafka: EmbeddedKafka;
before(async () => {
  kafka = await EmbeddedKafka.start();
});
after(() => kafka.stop());

const factory =
  (own: Settings): ContractFactory =>
  async ({ unavailable, settings, options }) => {
    const bootstrap_servers = unavailable ? CLOSED_PORT : kafka.bootstrapServers;
    const producer = new KafkaProducer(
      { name: 'contract', bootstrap_servers, ...own, ...settings, type: 'kafka' },
      { logger: quiet, ...options },
    );
    return { producer, getMessageFromTopic: topicReader(kafka.bootstrapServers) };
  };

const features: Features = {
  ordered: true,
  persistent: true,
  // The consumer of node-rdkafka, with which we read, cannot tell a header without a value from an empty one.
  headers: { text: true, binary: true, empty: true, null: 'empty', repeated: true },
  keys: true,
  tombstones: true,
  batches: true,
  exactlyOnce: false,
};
const server: ContractServer = {
  interrupt: () => kafka.brokerDown(),
  restore: () => kafka.brokerUp(),
  requests: () => kafka.produceRequests(),
};
/** Larger than `max_message_bytes`. */
const poison = (topic: string): MessageInput => ({ topic, key: 'contract', value: new Uint8Array(1_100_000) });

producerContract('Kafka by librdkafka in the worker', factory({ driver: 'librdkafka' }), { features, server, poison });
producerContract('Kafka by node-rdkafka on the main thread', factory({ driver: 'node-rdkafka' }), {
  features: { ...features, headers: { text: true, binary: 'refused', empty: true, null: 'refused', repeated: true } },
  server,
  poison,
  inline: true,
});
let spools = 0;
producerContract(
  'Kafka with a spool',
  async (asked) => {
    const path = join(directory, String(spools++));
    return factory({ queue: { spool: { path } } })(asked);
  },
  { features, server, poison },
);
// In short: the whole of it runs on Apache Kafka, which fences and keeps marks.
producerContract('Kafka in transactions', factory({ transactional_id: 'contract' }));
