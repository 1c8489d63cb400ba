/** For tests: an embedded Kafka cluster, a reader of topics, the producer contract. They run on the thread of the test. */

import '../shared/modules/not-bundled.ts'; // comes first: in a bundle, the modules below fail with errors that explain less

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
