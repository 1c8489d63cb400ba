/** Properties of the Java producer. */

import type { ClusterKafka } from '../index.ts';

const LOGIN = {
  PLAIN: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
} as const;

/** Those of access.ts. */
export const javaWriter = ({ bootstrapServers, users }: ClusterKafka, mechanism: keyof typeof LOGIN = 'PLAIN') => ({
  'bootstrap.servers': bootstrapServers.saslPlaintext,
  'security.protocol': 'SASL_PLAINTEXT',
  'sasl.mechanism': mechanism,
  'sasl.jaas.config': `${LOGIN[mechanism]} required username="${users.writer.username}" password="${users.writer.password}";`,
});
