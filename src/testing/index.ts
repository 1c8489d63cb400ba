/** For testing producers and what uses them: an embedded Kafka cluster, a reader of topics, the producer contract. */

export {
  type ContractFactory,
  type ContractSubject,
  type FactoryOptions,
  producerContract,
  type ReceivedMessage,
} from './contract.ts';
export { EmbeddedKafka, type EmbeddedKafkaOptions } from './embedded-kafka.ts';
export { type ReadMessage, type ReadTopicOptions, readTopic } from './read-topic.ts';
