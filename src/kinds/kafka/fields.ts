/** The settings of the Kafka kind, one by one. The rules between them are in schema.ts. */

import { z } from 'zod';
import { expecting, suggesting } from '../../config/report/expected.ts';
import { alsoCalled } from '../../config/report/key-hints.ts';
import { BaseProducerConfig, safeName } from '../../config/schema/base.ts';
import { duration } from '../../config/schema/duration.ts';
import { seconds } from '../../config/schema/seconds.ts';
import { size } from '../../config/schema/size.ts';
import { tlsFields } from '../../config/schema/tls.ts';

/** `host:port` or `[ipv6]:port`, without a protocol. `security_protocol` sets that, and two places could disagree. */
const SERVER = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

function isServer(text: string): boolean {
  const port = Number(SERVER.exec(text.trim())?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

const SERVERS = 'host:port with a port from 1 to 65535; several as a list or separated by commas';

const server = expecting(z.string().refine(isServer), 'host:port with a port from 1 to 65535');
const serverList = z.string().refine((text) => text.split(',').every(isServer));
const bootstrapServers = expecting(z.union([serverList, z.array(server).min(1)]), SERVERS);

const text = () => z.string().min(1).optional();

const addressing = {
  type: z.literal('kafka').describe('The kind of producer.'),
  topic: safeName()
    .optional()
    .describe("Where messages without a topic of their own go. Default: the producer's name."),
  error_topic: safeName().optional().describe('Where messages marked as errors go. Default: the topic.'),
  bootstrap_servers: alsoCalled(bootstrapServers, 'brokers', 'broker_list', 'servers', 'hosts')
    .default('localhost:9092')
    .describe(
      'Brokers to ask for the others: host:port, several separated by commas or as a list. Default: localhost:9092.',
    ),
  client_id: z
    .string()
    .min(1)
    .default('outspool')
    .describe('How the brokers name this client in their logs. Default: outspool.'),
};

/** SASL mechanisms that need more than a user name and a password. */
const OTHER_MECHANISM = /^(?:GSSAPI|OAUTHBEARER)$/i;

const mechanism = () =>
  suggesting(z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']), (value) =>
    OTHER_MECHANISM.test(String(value)) ? "the property 'sasl.mechanisms', under 'client'" : undefined,
  );

const security = {
  username: alsoCalled(text(), 'sasl_username', 'sasl_plain_username', 'user').describe(
    'User name for SASL; needs a password. Default: none.',
  ),
  password: alsoCalled(text(), 'sasl_password', 'sasl_plain_password', 'pass').describe(
    'Password for SASL; better a reference to a variable or a file. Default: none.',
  ),
  sasl_mechanism: alsoCalled(mechanism(), 'mechanism', 'sasl_mechanisms')
    .default('PLAIN')
    .describe('How the user name and the password are proved. Default: PLAIN.'),
  security_protocol: z
    .enum(['PLAINTEXT', 'SASL_PLAINTEXT', 'SASL_SSL', 'SSL'])
    .optional()
    .describe(
      'How the connection is protected. Default: SASL_SSL with a user name, SSL with any ssl_ setting, else PLAINTEXT.',
    ),
  ...tlsFields('broker'),
};

/** Suggests `all` for -1, which other clients use. */
const acks = () => suggesting(z.literal(['all', 0, 1]), (value) => (value === -1 ? 'all' : undefined));

const delivery = {
  acks: alsoCalled(acks(), 'request_required_acks', 'required_acks')
    .default('all')
    .describe(
      'Which replicas must have a message before it counts as delivered: all that are in sync, none, or the leader. Default: all.',
    ),
  idempotence: alsoCalled(z.boolean(), 'enable_idempotence', 'idempotent')
    .default(true)
    .describe('Whether brokers discard duplicates that retries cause; needs acks: all. Default: true.'),
  topic_missing_seconds: seconds(z.number().min(0).max(86_400))
    .default(30)
    .describe(
      'How long a topic may be away before messages for it are dead-lettered, from when it is found missing: seconds, or a duration such as 5m. Default: 30.',
    ),
  transactional_id: text().describe(
    'Sends every batch as a transaction under this id, which no other producer may have. Default: none.',
  ),
  transaction_timeout: duration('1s')
    .default('60s')
    .describe('How long a transaction may stay open before the brokers abort it: a duration. Default: 60s.'),
};

const batching = {
  compression: alsoCalled(z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']), 'compression_type', 'compression_codec')
    .default('lz4')
    .describe('How batches are compressed. Default: lz4.'),
  linger: duration('0ms', '15m')
    .default('0ms')
    .describe('How long to wait for more messages before a batch is sent: a duration such as 5ms. Default: 0ms.'),
  batch_size: size('1B', '1GB')
    .default('1MB')
    .describe('How large a batch may grow before it is sent: bytes, or a size such as 16KiB. Default: 1MB.'),
  max_message_bytes: alsoCalled(size('1KB', '1GB'), 'message_max_bytes', 'max_request_size')
    .default('1MB')
    .describe('The largest message that is sent: bytes, or a size such as 1MB. Default: 1MB.'),
};

const client = {
  driver: z
    .enum(['librdkafka', 'node-rdkafka'])
    .default('librdkafka')
    .describe(
      'Which client delivers: librdkafka on the worker thread, or the node-rdkafka package on the main thread. Default: librdkafka.',
    ),
  client: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Further properties of librdkafka by their own names, for what has no setting here. Default: none.'),
};

export const KafkaFields = BaseProducerConfig.extend({
  ...addressing,
  ...security,
  ...delivery,
  ...batching,
  ...client,
});

export type KafkaFields = z.infer<typeof KafkaFields>;
