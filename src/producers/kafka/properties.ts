/** The Kafka kind's configuration as librdkafka's properties. */

import { parseDuration } from '../../config/duration.ts';
import type { KafkaConfig } from '../../config/kafka.ts';
import { parseSize } from '../../config/size.ts';

export interface ClientProperties {
  readonly properties: Readonly<Record<string, string>>;
  readonly topicProperties: Readonly<Record<string, string>>;
}

/**
 * outspool owns time: no message times out inside librdkafka, because one that does while its successors are delivered
 * loses its place. librdkafka retries inside, in order, for as long as we let it.
 */
const OUR_TIME = { 'message.timeout.ms': '0' };

/** The Java client's choice of partition, so that keys land where its producers put them. */
const PARTITIONER = { partitioner: 'murmur2_random' };

/** A broker that comes back is found within a second. */
const RECONNECT = { 'reconnect.backoff.ms': '50', 'reconnect.backoff.max.ms': '1000' };

export function clientProperties(config: KafkaConfig): ClientProperties {
  return {
    properties: {
      ...RECONNECT,
      ...securityProperties(config),
      'bootstrap.servers': [config.bootstrap_servers].flat().join(','),
      'client.id': config.client_id,
      'compression.codec': config.compression,
      'enable.idempotence': String(config.idempotence),
      'linger.ms': String(parseDuration(config.linger)),
      'message.max.bytes': String(parseSize(config.max_message_bytes)),
    },
    topicProperties: { ...OUR_TIME, ...PARTITIONER, acks: String(config.acks) },
  };
}

/** With a user name and password SASL_SSL, else PLAINTEXT, unless the configuration says otherwise. */
function securityProperties(config: KafkaConfig): Record<string, string> {
  const { username, password, security_protocol, sasl_mechanism } = config;
  const protocol = security_protocol ?? (username === undefined ? 'PLAINTEXT' : 'SASL_SSL');
  if (username === undefined || password === undefined) return { 'security.protocol': protocol };
  return {
    'security.protocol': protocol,
    'sasl.mechanisms': sasl_mechanism,
    'sasl.username': username,
    'sasl.password': password,
  };
}
