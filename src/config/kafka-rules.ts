/** What the settings of the Kafka kind demand of each other. */

import type { KafkaFields } from './kafka-fields.ts';

export type SecurityProtocol = NonNullable<KafkaFields['security_protocol']>;

type Fields = Readonly<Partial<KafkaFields>>;

/** One demand: where it is said, what is said, and whether it is kept. Values may still be of the wrong type. */
export interface Rule {
  readonly path: keyof KafkaFields;
  readonly error: string;
  kept(config: Fields): boolean;
}

const TLS_SETTINGS = ['ssl_cafile', 'ssl_certfile', 'ssl_keyfile', 'ssl_password'] as const;

const withCredentials = ({ username, password }: Fields): boolean => username !== undefined || password !== undefined;

/** Mechanisms without a password are asked for under `client`. */
const withOtherMechanism = ({ client }: Fields): boolean =>
  client?.['sasl.mechanisms'] !== undefined || client?.['sasl.mechanism'] !== undefined;

const withSasl = (config: Fields): boolean => withCredentials(config) || withOtherMechanism(config);

/** A default cannot be told from a choice, so of `ssl_check_hostname` only false says that TLS is meant. */
const withTls = (config: Fields): boolean =>
  TLS_SETTINGS.some((key) => config[key] !== undefined) || config.ssl_check_hostname === false;

/**
 * How the connection is protected. Where the configuration leaves it open, what it does say decides: nobody who names a
 * certificate means an open connection, and a password goes over an open one only where that is written down.
 */
export function securityProtocol(config: Fields): SecurityProtocol {
  const implied = withSasl(config) ? 'SASL_SSL' : withTls(config) ? 'SSL' : 'PLAINTEXT';
  return config.security_protocol ?? implied;
}

const says = (config: Fields, ...protocols: SecurityProtocol[]): boolean =>
  config.security_protocol !== undefined && protocols.includes(config.security_protocol);

const goesWith = (path: keyof KafkaFields, other: keyof KafkaFields): Rule => ({
  path,
  error: `needs '${other}' as well`,
  kept: (config) => config[path] === undefined || config[other] !== undefined,
});

const SECURITY_RULES: readonly Rule[] = [
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
  goesWith('ssl_certfile', 'ssl_keyfile'),
  goesWith('ssl_keyfile', 'ssl_certfile'),
  goesWith('ssl_password', 'ssl_keyfile'),
];

/** Its default, which cannot be told from a choice. */
const TRANSACTION_TIMEOUT = '60s';

const DELIVERY_RULES: readonly Rule[] = [
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

export const KAFKA_RULES: readonly Rule[] = [...SECURITY_RULES, ...DELIVERY_RULES];
