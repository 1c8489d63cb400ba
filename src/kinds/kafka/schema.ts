/** The schema of a Kafka producer: its settings (fields.ts), and the rules between them. */

import type { z } from 'zod';
import { goesWith, type Rule, withRules } from '../../config/schema/rules.ts';
import { TLS_RULES, namesTls as withTls } from '../../config/schema/tls.ts';
import { KafkaFields } from './fields.ts';

export type SecurityProtocol = NonNullable<KafkaFields['security_protocol']>;

type Fields = Readonly<Partial<KafkaFields>>;

const withCredentials = ({ username, password }: Fields): boolean => username !== undefined || password !== undefined;

/** Whether another SASL mechanism is configured, which needs no password and is set under `client`. */
const withOtherMechanism = ({ client }: Fields): boolean =>
  client?.['sasl.mechanisms'] !== undefined || client?.['sasl.mechanism'] !== undefined;

const withSasl = (config: Fields): boolean => withCredentials(config) || withOtherMechanism(config);

/**
 * Returns how the connection is protected. If `security_protocol` is not set, other settings decide. A certificate implies TLS,
 * and a password goes over an unencrypted connection only if the configuration sets that explicitly.
 */
export function securityProtocol(config: Fields): SecurityProtocol {
  const implied = withSasl(config) ? 'SASL_SSL' : withTls(config) ? 'SSL' : 'PLAINTEXT';
  return config.security_protocol ?? implied;
}

const says = (config: Fields, ...protocols: SecurityProtocol[]): boolean =>
  config.security_protocol !== undefined && protocols.includes(config.security_protocol);

const SECURITY_RULES: readonly Rule<KafkaFields>[] = [
  goesWith('username', 'password'),
  goesWith('password', 'username'),
  {
    path: 'sasl_mechanism',
    error: "needs 'username' and 'password'",
    kept: (config) => !String(config.sasl_mechanism ?? 'PLAIN').startsWith('SCRAM-') || withCredentials(config),
  },
  {
    path: 'security_protocol',
    error: "needs 'username' and 'password'",
    kept: (config) => !says(config, 'SASL_PLAINTEXT', 'SASL_SSL') || withSasl(config),
  },
  {
    path: 'security_protocol',
    error: "would not use 'username' and 'password', expected SASL_SSL or SASL_PLAINTEXT",
    kept: (config) => !says(config, 'PLAINTEXT', 'SSL') || !withCredentials(config),
  },
  {
    path: 'client',
    error: "sasl.mechanisms would not use 'username' and 'password', expected one or the other",
    kept: (config) => !withOtherMechanism(config) || !withCredentials(config),
  },
  {
    path: 'security_protocol',
    error: "would not use the settings that begin with 'ssl_', expected SSL or SASL_SSL",
    kept: (config) => !says(config, 'PLAINTEXT', 'SASL_PLAINTEXT') || !withTls(config),
  },
  ...TLS_RULES,
];

/** The default of the setting, which cannot be told from the same value given by the user. */
const TRANSACTION_TIMEOUT = '60s';

const DELIVERY_RULES: readonly Rule<KafkaFields>[] = [
  {
    path: 'acks',
    error: "idempotence needs acks: all; write 'idempotence: false' to do without it",
    kept: ({ idempotence, acks }) => idempotence === false || (acks !== 0 && acks !== 1),
  },
  {
    path: 'transactional_id',
    error: "needs 'idempotence: true' and 'acks: all', which are the defaults",
    kept: ({ transactional_id, idempotence }) => transactional_id === undefined || idempotence !== false,
  },
  {
    path: 'transactional_id',
    error: "needs the driver librdkafka: leave out 'driver: node-rdkafka'",
    kept: ({ transactional_id, driver }) => transactional_id === undefined || driver !== 'node-rdkafka',
  },
  {
    path: 'transaction_timeout',
    error: "needs 'transactional_id'",
    kept: ({ transactional_id, transaction_timeout = TRANSACTION_TIMEOUT }) =>
      transactional_id !== undefined || transaction_timeout === TRANSACTION_TIMEOUT,
  },
];

/** Settings of a Kafka producer. */
export const KafkaProducerConfig = withRules(KafkaFields, [...SECURITY_RULES, ...DELIVERY_RULES]);

export type KafkaConfig = z.infer<typeof KafkaProducerConfig>;
