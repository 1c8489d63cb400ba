/** The Kafka kind, as the registry lists it. */

import { WORKER_DESCRIPTORS } from '../common/descriptors.ts';
import { isThisMachine, topicsOf } from '../common/destination.ts';
import type { Kind } from '../kind.ts';
import { SAMPLE } from './sample.ts';
import { type KafkaConfig, KafkaProducerConfig } from './schema.ts';
import { checkTransactionalIds } from './transactional-ids.ts';

/** Descriptors for each broker: a socket and a wake-up pipe. With one bootstrap server and one broker 4 + 2 + 2 × 3. */
const BROKER = 3;
const CLIENT = 2;
/** Number of brokers in a small cluster, because the configuration names only some of them. */
const BROKERS = 3;
/** A second client sends refused batches again, message by message. */
const CLIENTS = 2;

export const kafka: Kind = {
  schema: KafkaProducerConfig,
  sample: SAMPLE,
  checkFile: checkTransactionalIds,
  load: async () => (await import('./kafka-producer.ts')).KafkaProducer,
  destination: (config: KafkaConfig, topic) => {
    const servers = serversOf(config);
    const text = `${topicsOf(config, topic)} at ${servers.join(', ')}`;
    return { text, isHarmless: servers.every((server) => isThisMachine(server.replace(/:\d+$/, ''))) };
  },
  descriptors: (config: KafkaConfig) => {
    const named = serversOf(config).length;
    return WORKER_DESCRIPTORS + CLIENTS * (CLIENT + BROKER * (named + Math.max(named, BROKERS)));
  },
};

const serversOf = ({ bootstrap_servers: servers }: KafkaConfig): string[] =>
  [servers].flatMap((given) => String(given).split(',')).map((server) => server.trim());
