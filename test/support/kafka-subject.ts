/** The Kafka kind as the contract suite asks for it, on an embedded cluster. */

import type { z } from 'zod';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { KafkaProducerConfig } from '../../src/kinds/kafka/schema.ts';
import type { ContractFactory, ContractOptions, Features } from '../../src/testing/contract.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { quiet } from './quiet.ts';
import { topicReader } from './topic-reader.ts';

type Settings = Partial<z.input<typeof KafkaProducerConfig>>;

/** Without it librdkafka sends what there is whenever it can: how many share a request would depend on who gets the processor. */
const GATHERS = { linger: '20ms' } as const;

const CLOSED_PORT = '127.0.0.1:1';

export const kafkaFeatures: Features = {
  ordered: true,
  persistent: true,
  headers: { text: true, binary: true, empty: true, null: true, repeated: true },
  keys: true,
  tombstones: true,
  batches: true,
  exactlyOnce: false,
};

/** Subjects with some settings of their own, on one cluster for all tests of the file that calls this. */
export function kafkaSubjects() {
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
        { name: 'contract', bootstrap_servers, ...GATHERS, ...own, ...settings, type: 'kafka' },
        { logger: quiet, ...options },
      );
      return { producer, getMessageFromTopic: topicReader(kafka.bootstrapServers) };
    };
  const options: ContractOptions = {
    server: {
      interrupt: () => kafka.brokerDown(),
      restore: () => kafka.brokerUp(),
      requests: () => kafka.produceRequests(),
    },
    /** Larger than `max_message_bytes`. */
    poison: (topic) => ({ topic, key: 'contract', value: new Uint8Array(1_100_000) }),
    features: kafkaFeatures,
  };
  return { factory, options };
}
