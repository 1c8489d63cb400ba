/** The settings of the RabbitMQ kind, one by one. The rules between them are in schema.ts. */

import { z } from 'zod';
import { expecting, suggesting } from '../../config/report/expected.ts';
import { alsoCalled } from '../../config/report/key-hints.ts';
import { BaseProducerConfig } from '../../config/schema/base.ts';
import { duration } from '../../config/schema/duration.ts';
import { tlsFields } from '../../config/schema/tls.ts';
import { parseAmqpUrl } from './amqp-url.ts';

/** Maximum length of names and keys in bytes, because AMQP sends their length in one byte. */
const MOST_BYTES = 255;

const short = (text: string): boolean => Buffer.byteLength(text) <= MOST_BYTES;

const name = () => expecting(z.string().min(1).refine(short), `a name of 1 to ${MOST_BYTES} bytes`).optional();

const text = () => z.string().min(1).optional();

const URL_WORDS = 'amqp://host:port/vhost, or amqps:// for TLS, where port and vhost may be left out';

const connection = {
  type: z.literal('rabbitmq').describe('The kind of producer.'),
  url: alsoCalled(
    expecting(
      z.string().refine((url) => parseAmqpUrl(url) !== undefined),
      URL_WORDS,
    ),
    'uri',
    'host',
    'hostname',
    'server',
  )
    .default('amqp://localhost')
    .describe(
      'Where RabbitMQ is: amqp://host:port/vhost, or amqps:// for TLS; may hold user:password@ in front of the host. Default: amqp://localhost.',
    ),
  username: alsoCalled(text(), 'user').describe('User name; needs a password. Default: that of the url, else guest.'),
  password: alsoCalled(text(), 'pass').describe(
    'Password; better a reference to a variable or a file. Default: that of the url, else guest.',
  ),
  vhost: alsoCalled(text(), 'virtual_host').describe('The virtual host. Default: that of the url, else /.'),
  ...tlsFields('server'),
  heartbeat: duration('0s', '1h')
    .default('10s')
    .describe(
      'After twice this time without a sign of life the connection counts as lost: a duration in whole seconds, 0s for never. Default: 10s.',
    ),
};

/** Placeholders in a routing key, which are filled from each message. */
export const ROUTING_PLACES = /\{([^}]*)\}/g;

const hasKnownPlaces = (template: string): boolean =>
  [...template.matchAll(ROUTING_PLACES)].every(([, place]) => place === 'topic' || place === 'key');

const routingKey = () =>
  expecting(
    z.string().refine((template) => short(template) && hasKnownPlaces(template)),
    `a text of at most ${MOST_BYTES} bytes, in which {topic} and {key} stand for those of the message`,
  );

const addressing = {
  exchange: name().describe(
    'The exchange that messages go to. Default: the one without a name, where the routing key names a queue.',
  ),
  routing_key: routingKey()
    .optional()
    .describe(
      "The routing key; {topic} and {key} in it stand for those of the message. Default: {topic}, or 'queue_name' where there is no exchange.",
    ),
  error_exchange: name().describe('The exchange that messages marked as errors go to. Default: the exchange.'),
  error_routing_key: routingKey()
    .optional()
    .describe('The routing key of messages marked as errors. Default: the routing key, with their own topic.'),
  mandatory: z
    .boolean()
    .default(true)
    .describe('Whether a message that no queue takes has failed; otherwise RabbitMQ discards it. Default: true.'),
};

const SCALAR = z.union([z.string(), z.number(), z.boolean()]);

const declaring = {
  declare: z
    .boolean()
    .default(false)
    .describe(
      'Whether exchanges and queue are made where they are missing; otherwise they must be there. Default: false.',
    ),
  exchange_type: z
    .string()
    .min(1)
    .default('topic')
    .describe('The type of a declared exchange: topic, direct, fanout, headers, or that of a plugin. Default: topic.'),
  queue_name: name().describe(
    'A queue that must be there, or that is declared and bound to the exchange. Default: none.',
  ),
  queue_type: z
    .enum(['classic', 'quorum', 'stream'])
    .optional()
    .describe("The type of a declared queue. Default: the server's."),
  binding_key: expecting(z.string().refine(short), `a text of at most ${MOST_BYTES} bytes`)
    .default('#')
    .describe(
      'What a declared queue is bound to the exchange with. Default: #, which on a topic exchange is everything.',
    ),
  durable: z
    .boolean()
    .default(true)
    .describe('Whether what is declared outlives a restart of RabbitMQ. Default: true.'),
  exchange_arguments: z
    .record(z.string(), SCALAR)
    .optional()
    .describe('Further arguments of a declared exchange, such as alternate-exchange. Default: none.'),
  queue_arguments: z
    .record(z.string(), SCALAR)
    .optional()
    .describe('Further arguments of a declared queue, such as x-max-length. Default: none.'),
};

const message = {
  persistent: z
    .boolean()
    .default(true)
    .describe('Whether messages in durable queues outlive a restart of RabbitMQ. Default: true.'),
  content_type: expecting(z.string().min(1).refine(short), `a text of 1 to ${MOST_BYTES} bytes`)
    .optional()
    .describe('The content type of messages without a header content-type. Default: none.'),
  max_in_flight: z
    .number()
    .multipleOf(1)
    .min(1)
    .max(65_535)
    .default(1000)
    .describe(
      'How many messages may wait for their confirmation at once; with 1 the order holds even where RabbitMQ refuses one. Default: 1000.',
    ),
};

/** The setting `queue` of every kind. It configures the queue in memory and not a queue of RabbitMQ. */
const { queue: everyKinds } = BaseProducerConfig.shape;
const queue = suggesting(everyKinds.describe(everyKinds.description ?? ''), () => "the setting 'queue_name'");

export const RabbitmqFields = BaseProducerConfig.extend({
  queue,
  ...connection,
  ...addressing,
  ...declaring,
  ...message,
});

export type RabbitmqFields = z.infer<typeof RabbitmqFields>;
