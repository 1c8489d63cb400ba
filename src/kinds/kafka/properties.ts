/** Converts the configuration of the Kafka kind into librdkafka's properties. */

import { parseDuration } from '../../config/schema/duration.ts';
import { parseSize } from '../../config/schema/size.ts';
import { namedBundle } from '../common/tls-options.ts';
import { rawProperties } from './raw-properties.ts';
import { type KafkaConfig, securityProtocol } from './schema.ts';

export interface ClientProperties {
  readonly properties: Readonly<Record<string, string>>;
  readonly topicProperties: Readonly<Record<string, string>>;
}

/**
 * No message times out inside librdkafka, because outspool controls time. A message that times out there while its successors
 * are delivered would lose its place. librdkafka retries inside, in order, until the delivery loop stops it.
 */
const OUR_TIME = { 'message.timeout.ms': '0' };

/** The Java client's choice of partition, so that keys go to the same partitions as from Java producers. */
const PARTITIONER = { partitioner: 'murmur2_random' };

/**
 * Makes librdkafka stop after a set that the broker refuses for good. Otherwise it would at once retry the sets behind it,
 * before the refused set has been searched, and they would overtake its good messages. With this property the client fails
 * instead, and a fresh client goes on. Without idempotence librdkafka has no such property, and a transaction is aborted as a
 * whole.
 */
const STOP_AT_A_GAP = { 'enable.gapless.guarantee': 'true' };

const keepsOrder = ({ idempotence, transactional_id }: KafkaConfig) => idempotence && transactional_id === undefined;

/** Reconnects to a broker within a second of its return. */
const RECONNECT = { 'reconnect.backoff.ms': '50', 'reconnect.backoff.max.ms': '1000' };

export function clientProperties(config: KafkaConfig): ClientProperties {
  const raw = rawProperties(config.client);
  return {
    properties: {
      ...RECONNECT,
      ...(raw.properties['ssl.ca.pem'] === undefined && namedAuthorities(config)),
      ...tlsProperties(config),
      ...saslProperties(config),
      ...transactionProperties(config),
      'security.protocol': securityProtocol(config),
      'bootstrap.servers': [config.bootstrap_servers].flat().join(','),
      'client.id': config.client_id,
      'compression.codec': config.compression,
      'enable.idempotence': String(config.idempotence),
      ...(keepsOrder(config) && STOP_AT_A_GAP),
      'linger.ms': String(parseDuration(config.linger)),
      'batch.size': String(parseSize(config.batch_size)),
      'message.max.bytes': String(parseSize(config.max_message_bytes)),
      ...raw.properties,
    },
    topicProperties: { ...OUR_TIME, ...PARTITIONER, acks: String(config.acks), ...raw.topicProperties },
  };
}

function saslProperties({ username, password, sasl_mechanism }: KafkaConfig): Record<string, string> {
  if (username === undefined || password === undefined) return {};
  return { 'sasl.mechanisms': sasl_mechanism, 'sasl.username': username, 'sasl.password': password };
}

/**
 * Names the authorities of the variable SSL_CERT_FILE, for a configuration without `ssl_cafile`. librdkafka finds the system's own by
 * itself. If OpenSSL is linked into it, as in the platform packages, it does not look at this variable.
 */
function namedAuthorities(config: KafkaConfig): Record<string, string> {
  const path = securityProtocol(config).endsWith('SSL') ? namedBundle() : undefined;
  return path === undefined ? {} : { 'ssl.ca.location': path };
}

function tlsProperties(config: KafkaConfig): Record<string, string> {
  return {
    ...(config.ssl_cafile !== undefined && { 'ssl.ca.location': config.ssl_cafile }),
    ...(config.ssl_certfile !== undefined && { 'ssl.certificate.location': config.ssl_certfile }),
    ...(config.ssl_keyfile !== undefined && { 'ssl.key.location': config.ssl_keyfile }),
    ...(config.ssl_password !== undefined && { 'ssl.key.password': config.ssl_password }),
    // Set explicitly, because older versions do not check the name by default. Without TLS it is not set, because a librdkafka
    // built without TLS may not know it.
    ...(securityProtocol(config).endsWith('SSL') && {
      'ssl.endpoint.identification.algorithm': config.ssl_check_hostname ? 'https' : 'none',
    }),
  };
}

/** The suffix of the transactional id. A producer has one worker so far, and each further one would need an id of its own. */
const WORKER = 0;

/**
 * Closes a connection on which nothing has been sent for this time, in ms. librdkafka stops searching for the coordinator of a
 * group after three answers that there is none yet. It searches again only when a connection comes or goes. On a cluster whose
 * connections all stay, `rd_kafka_send_offsets_to_transaction` would never return.
 *
 * The time must exceed ten seconds. librdkafka takes a connection for idle while it only waits for an answer, and a broker that
 * throttles it reads nothing for about that time.
 */
const IDLE_CONNECTION = { 'connections.max.idle.ms': '15000' };

/**
 * First pause in ms before a request is repeated. It doubles each time. A coordinator refuses to begin a transaction until it
 * has ended the one before, mostly for a few milliseconds. With librdkafka's own 100 ms, a transaction that begins with its
 * mark took 250 ms more.
 */
const SOON_AGAIN = { 'retry.backoff.ms': '10' };

function transactionProperties({ transactional_id, transaction_timeout }: KafkaConfig): Record<string, string> {
  if (transactional_id === undefined) return {};
  return {
    ...IDLE_CONNECTION,
    ...SOON_AGAIN,
    'transactional.id': `${transactional_id}-${WORKER}`,
    'transaction.timeout.ms': String(parseDuration(transaction_timeout)),
  };
}
