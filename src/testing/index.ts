/** For testing producers and what uses them: an embedded Kafka cluster, a reader of topics, the producer contract. */

import '../shared/modules/not-bundled.ts'; // before all else: what is below fails in ways that say less

export {
  type ContractFactory,
  type ContractOptions,
  ContractReport,
  type ContractServer,
  type ContractSettings,
  type ContractSubject,
  contractReport,
  type FactoryOptions,
  type Features,
  producerContract,
  type ReceivedMessage,
  type Runner,
} from './contract.ts';
export { EmbeddedKafka, type EmbeddedKafkaOptions } from './embedded-kafka.ts';
export { type ReadMessage, type ReadTopicOptions, readTopic } from './read-topic.ts';
