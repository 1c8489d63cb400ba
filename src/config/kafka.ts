/** The settings of the Kafka kind. */

import { z } from 'zod';
import { BaseProducerConfig, safeName } from './base.ts';
import { duration } from './duration.ts';
import { expecting } from './expectation.ts';
import { size } from './size.ts';

/** `host:port` or `[ipv6]:port`. No protocol in front: `security_protocol` says it, and two places could disagree. */
const SERVER = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

function isServer(text: string): boolean {
  const port = Number(SERVER.exec(text.trim())?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

const SERVERS = 'host:port with a port from 1 to 65535; several as a list or separated by commas';

const server = expecting(z.string().refine(isServer), 'host:port with a port from 1 to 65535');
const serverList = z.string().refine((text) => text.split(',').every(isServer));
const bootstrapServers = expecting(z.union([serverList, z.array(server).min(1)]), SERVERS);

const fields = BaseProducerConfig.extend({
  type: z.literal('kafka').describe('The kind of producer.'),
  topic: safeName()
    .optional()
    .describe("Where messages without a topic of their own go. Default: the producer's name."),
  error_topic: safeName().optional().describe('Where messages marked as errors go. Default: the topic.'),
  bootstrap_servers: bootstrapServers
    .default('localhost:9092')
    .describe(
      'Brokers to ask for the others: host:port, several separated by commas or as a list. Default: localhost:9092.',
    ),
  client_id: z
    .string()
    .min(1)
    .default('outspool')
    .describe('How the brokers name this client in their logs. Default: outspool.'),
  username: z.string().min(1).optional().describe('User name for SASL; needs a password. Default: none.'),
  password: z
    .string()
    .min(1)
    .optional()
    .describe('Password for SASL; better a reference to a variable or a file. Default: none.'),
  sasl_mechanism: z
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
    .default('PLAIN')
    .describe('How the user name and the password are proved. Default: PLAIN.'),
  security_protocol: z
    .enum(['PLAINTEXT', 'SASL_PLAINTEXT', 'SASL_SSL', 'SSL'])
    .optional()
    .describe('How the connection is protected. Default: SASL_SSL with a user name, else PLAINTEXT.'),
  acks: z
    .literal(['all', 0, 1])
    .default('all')
    .describe(
      'Who must have a message before it counts as delivered: all in-sync replicas, nobody, or the leader. Default: all.',
    ),
  idempotence: z
    .boolean()
    .default(true)
    .describe('Whether brokers discard duplicates that retries cause; needs acks: all. Default: true.'),
  compression: z
    .enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .default('lz4')
    .describe('How batches are compressed. Default: lz4.'),
  linger: duration('0ms', '15m')
    .default('0ms')
    .describe('How long to wait for more messages before a batch is sent: a duration such as 5ms. Default: 0ms.'),
  driver: z
    .enum(['librdkafka', 'node-rdkafka'])
    .default('librdkafka')
    .describe(
      'Which client delivers: librdkafka on the worker thread, or the node-rdkafka package on the main thread. Default: librdkafka.',
    ),
  max_message_bytes: size('1KB', '1GB')
    .default('1MB')
    .describe('The largest message that is sent: bytes, or a size such as 1MB. Default: 1MB.'),
});

type Fields = z.infer<typeof fields>;

/** Cross-field checks run even when another field has the wrong type, so one run shows everything. */
const always = (path: keyof Fields, error: string) => ({ path: [path], error, when: () => true });

const withCredentials = (config: Fields): boolean => config.username !== undefined || config.password !== undefined;

/** A check over several fields: true is good. What is not a mapping is somebody else's error. */
const rule = (good: (config: Fields) => boolean) => (config: unknown) =>
  typeof config !== 'object' || config === null || good(config as Fields);

/** Settings of a Kafka producer. */
export const KafkaProducerConfig = fields
  .refine(
    rule((config) => config.username === undefined || config.password !== undefined),
    always('username', "needs 'password' as well"),
  )
  .refine(
    rule((config) => config.password === undefined || config.username !== undefined),
    always('password', "needs 'username' as well"),
  )
  .refine(
    rule((config) => !String(config.security_protocol).startsWith('SASL_') || withCredentials(config)),
    always('security_protocol', "needs 'username' and 'password'"),
  )
  .refine(
    rule((config) => !['PLAINTEXT', 'SSL'].includes(config.security_protocol ?? '') || !withCredentials(config)),
    always('security_protocol', "would not use 'username' and 'password', expected SASL_SSL or SASL_PLAINTEXT"),
  )
  .refine(
    rule((config) => config.idempotence === false || (config.acks !== 0 && config.acks !== 1)),
    always('acks', "idempotence needs acks: all; write 'idempotence: false' to do without it"),
  );

export type KafkaConfig = z.infer<typeof KafkaProducerConfig>;
