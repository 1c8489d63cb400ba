/** The producer contract on Apache Kafka, once through each way of securing a connection. */

import { KafkaProducer } from '../../src/producers/kafka/kafka-producer.ts';
import { producerContract } from '../../src/testing/contract.ts';
import { quiet } from '../support/quiet.ts';
import { topicReader } from '../support/topic-reader.ts';
import { brokers, type SingleListener } from './index.ts';
import { secure } from './secure.ts';

const WAYS: Readonly<Record<string, readonly [SingleListener, mechanism?: string]>> = {
  PLAINTEXT: ['plaintext'],
  'SASL_PLAINTEXT with PLAIN': ['saslPlaintext', 'PLAIN'],
  'SASL_PLAINTEXT with SCRAM-SHA-256': ['saslPlaintext', 'SCRAM-SHA-256'],
  'SASL_PLAINTEXT with SCRAM-SHA-512': ['saslPlaintext', 'SCRAM-SHA-512'],
  SASL_SSL: ['saslSsl', 'SCRAM-SHA-512'],
  'SSL with a client certificate (mTLS)': ['mtls'],
};

for (const [name, [listener, mechanism]] of Object.entries(WAYS)) {
  producerContract(`Apache Kafka through ${name}`, async ({ unavailable }) => {
    const kafka = brokers('single');
    const settings = secure(kafka, listener, mechanism);
    if (unavailable) settings.bootstrap_servers = '127.0.0.1:1';
    const producer = new KafkaProducer({ type: 'kafka', name: 'contract', ...settings }, { logger: quiet });
    return { producer, getMessageFromTopic: topicReader(kafka.bootstrapServers.plaintext) };
  });
}
