/** What `produce init kafka` writes. */

import type { Sample } from '../common/sample.ts';

export const SAMPLE: Sample = {
  what: "Messages go to topics of Kafka. Without a broker: 'produce smoke --embedded' tries it on an embedded cluster.",
  page: 'docs/kinds/kafka.md',
  settings: [
    {
      yaml: `bootstrap_servers: \${KAFKA_SERVERS:-localhost:9092}`,
      why: 'one broker or several, with commas between them',
      isSet: true,
    },
    { yaml: 'topic: events', why: "where messages without a topic go; by default the producer's name" },
    { yaml: 'error_topic: events-failed', why: 'where messages marked as errors go; by default the topic' },
    { yaml: `username: \${KAFKA_USERNAME}`, why: 'with a user name the connection is SASL_SSL' },
    { yaml: `password: \${KAFKA_PASSWORD}`, why: `a secret: a variable, or a file as \${file:secrets/password}` },
    { yaml: 'sasl_mechanism: SCRAM-SHA-512', why: 'PLAIN by default' },
    { yaml: 'compression: lz4', why: 'none, gzip, snappy, lz4 or zstd' },
    { yaml: 'linger: 5ms', why: 'waits for more messages, so that batches are larger' },
    { yaml: 'max_message_bytes: 1MB', why: 'the largest message; brokers and topics have a limit as well' },
  ],
};
