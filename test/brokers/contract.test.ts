/**
 * The producer contract on Apache Kafka: with all that is claimed where everything is secured, and in transactions; in short through each other way of securing a connection.
 */

import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import {
  type ContractFactory,
  type ContractServer,
  type Features,
  producerContract,
} from '../../src/testing/contract.ts';
import { quiet } from '../support/quiet.ts';
import { topicReader } from '../support/topic-reader.ts';
import { type Broker, brokers, kill, restart, type SingleListener } from './index.ts';
import { recordBatches } from './record-batches.ts';
import { secure } from './secure.ts';
import { transactionEnded } from './transaction-state.ts';

const factory =
  (listener: SingleListener, mechanism?: string, own: object = {}): ContractFactory =>
  async ({ unavailable, settings, options, secret }) => {
    const kafka = brokers('single');
    const config = {
      name: 'contract',
      ...secure(kafka, listener, mechanism),
      ...(unavailable && { bootstrap_servers: '127.0.0.1:1' }),
      ...(secret !== undefined && { password: secret }),
      ...own,
      ...settings,
      type: 'kafka' as const,
    };
    const producer = new KafkaProducer(config, { logger: quiet, ...options });
    return { producer, getMessageFromTopic: topicReader(kafka.bootstrapServers.plaintext) };
  };

const features: Features = {
  ordered: true,
  persistent: true,
  headers: true,
  keys: true,
  tombstones: true,
  batches: true,
  exactlyOnce: false,
};

const broker = (): Broker => brokers('single').brokers[0] as Broker;

/** It is killed, not stopped. */
const server: ContractServer = {
  interrupt: () => kill(broker()),
  restore: () => restart(broker()),
  requests: () => recordBatches(broker(), 'contract-'),
};

const TRANSACTIONAL_ID = 'contract';

/**
 * It is killed when the last transaction has its markers. A single broker of Apache Kafka 4.3 that is killed between the
 * acknowledgement of a commit and the writing of its markers may leave them out for good (KAFKA-20734): in the moment in which
 * it returns, its partitions have no leader, and it takes them for deleted.
 */
const transactionalServer: ContractServer = {
  ...server,
  interrupt: async () => {
    await transactionEnded(brokers('single'), `${TRANSACTIONAL_ID}-0`);
    await kill(broker());
  },
};

/** Larger than `max_message_bytes`. */
const poison = (topic: string): MessageInput => ({ topic, key: 'contract', value: new Uint8Array(1_100_000) });

const OTHER_WAYS: Readonly<Record<string, readonly [SingleListener, mechanism?: string]>> = {
  PLAINTEXT: ['plaintext'],
  'SASL_PLAINTEXT with PLAIN': ['saslPlaintext', 'PLAIN'],
  'SASL_PLAINTEXT with SCRAM-SHA-256': ['saslPlaintext', 'SCRAM-SHA-256'],
  'SASL_PLAINTEXT with SCRAM-SHA-512': ['saslPlaintext', 'SCRAM-SHA-512'],
  'SSL with a client certificate (mTLS)': ['mtls'],
};

/** A broker that is killed takes some seconds to come back, on a busy machine many. */
const KILLS_TIMEOUT_MS = 180_000;

describe('Apache Kafka', function () {
  this.timeout(KILLS_TIMEOUT_MS);

  producerContract('Apache Kafka through SASL_SSL', factory('saslSsl', 'SCRAM-SHA-512'), {
    features,
    server,
    poison,
    takesSecret: true,
  });
  producerContract(
    'Apache Kafka in transactions',
    factory('plaintext', undefined, { transactional_id: TRANSACTIONAL_ID }),
    {
      features: { ...features, exactlyOnce: true },
      server: transactionalServer,
      poison,
    },
  );

  for (const [name, way] of Object.entries(OTHER_WAYS))
    producerContract(`Apache Kafka through ${name}`, factory(...way));
});
