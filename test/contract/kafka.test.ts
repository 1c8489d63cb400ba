import { KafkaProducer } from '../../src/producers/kafka/kafka-producer.ts';
import { type ContractFactory, producerContract, type ReceivedMessage } from '../../src/testing/contract.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';

const CLOSED_PORT = '127.0.0.1:1';

let kafka: EmbeddedKafka;
before(async () => {
  kafka = await EmbeddedKafka.start();
});
after(() => kafka.stop());

/** Reads a topic again from its beginning for each message that is not there yet. */
function reader(): (topic: string, timeoutMs: number) => Promise<ReceivedMessage> {
  let read: readonly ReceivedMessage[] = [];
  let taken = 0;
  return async (topic, timeoutMs) => {
    if (taken === read.length)
      read = await readTopic({ bootstrapServers: kafka.bootstrapServers, topic, count: taken + 1, timeoutMs });
    const message = read[taken++];
    if (message === undefined) throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
    return message;
  };
}

const factory =
  (driver: 'librdkafka' | 'node-rdkafka'): ContractFactory =>
  async ({ unavailable }) => {
    const bootstrap_servers = unavailable ? CLOSED_PORT : kafka.bootstrapServers;
    const producer = new KafkaProducer(
      { type: 'kafka', name: 'contract', driver, bootstrap_servers },
      { logger: quiet },
    );
    return { producer, getMessageFromTopic: reader() };
  };

producerContract('Kafka by librdkafka in the worker', factory('librdkafka'));
producerContract('Kafka by node-rdkafka on the main thread', factory('node-rdkafka'));
