/** The settings that every kind has. A kind extends them: `BaseProducerConfig.extend({ url: z.url() })`. */

import { z } from 'zod';
import { expecting } from '../report/expected.ts';
import { alsoCalled } from '../report/key-hints.ts';
import { DeadLetterConfig } from './dead-letter.ts';
import { duration, MAX_SECONDS } from './duration.ts';
import { filePath } from './file-path.ts';
import { seconds } from './seconds.ts';
import { size } from './size.ts';

const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** A producer's name, which is also its default topic, so it follows what Kafka allows for a topic. */
export const safeName = () =>
  expecting(z.string().regex(NAME), 'a name of 1 to 249 letters, digits, dots, underscores and hyphens');

/** A whole number of at least `min`. The issue of `z.int()` would stop all later checks, such as those across fields. */
const whole = (min: number) => z.number().multipleOf(1).min(min).max(Number.MAX_SAFE_INTEGER);

const someSeconds = () => seconds(z.number().gt(0).max(MAX_SECONDS));

const SpoolConfig = z.strictObject({
  path: filePath('folder').describe('The directory of the spool, which no other producer may have. Required.'),
  max_bytes: size('1MiB')
    .default('1GiB')
    .describe('How much the spool may hold on disk: bytes, or a size such as 10GiB. Minimum: 1MiB. Default: 1GiB.'),
  sync: duration('0ms', '1m')
    .default('100ms')
    .describe(
      'Longest time between two syncs, a duration: messages of this time whose callers do not wait may be lost when the machine crashes. Default: 100ms.',
    ),
});

const QueueConfig = z.strictObject({
  max_messages: whole(1).default(100_000).describe('How many messages may be buffered. Default: 100000.'),
  max_bytes: size('64KiB')
    .default('64MiB')
    .describe(
      'How much memory buffered messages may hold: bytes, or a size such as 64MiB. Minimum: 64KiB. Default: 64MiB.',
    ),
  when_full: z
    .enum(['reject', 'block', 'drop_newest', 'drop_oldest'])
    .default('block')
    .describe(
      'What happens to a message that finds the queue full: refuse it, wait for room, discard it, or discard the oldest one instead. Default: block.',
    ),
  high_water_mark: z
    .number()
    .gt(0)
    .max(1)
    .default(0.8)
    .describe('From which fraction of the nearer bound `produce` answers false, as a hint to slow down. Default: 0.8.'),
  spool: SpoolConfig.optional().describe('Keeps messages on disk until they have settled. Default: in memory alone.'),
});

/** Settings of every producer. Unknown keys are errors. */
export const BaseProducerConfig = z.strictObject({
  type: z.string().min(1).describe('The kind of producer, such as kafka, or custom for a class of your own. Required.'),
  name: safeName().describe('A name that no other producer has. Required.'),
  max_retries: alsoCalled(whole(0), 'retries', 'max_attempts')
    .default(5)
    .describe('How often a failed message is tried again before the connection is reset. Default: 5.'),
  backoff_seconds: alsoCalled(
    seconds(z.number().min(0).max(MAX_SECONDS)),
    'backoff',
    'retry_backoff',
    'retry_backoff_ms',
    'retry_delay',
  )
    .default(60)
    .describe('Seconds to wait after a reset before attempts start again, or a duration such as 2m. Default: 60.'),
  max_resets: z
    .union([whole(0), z.literal('unlimited')])
    .default('unlimited')
    .describe('How many resets one message may cause before it is set aside as suspect. Default: unlimited.'),
  connect_timeout_seconds: alsoCalled(someSeconds(), 'connection_timeout', 'connect_timeout_ms')
    .default(10)
    .describe('Seconds that one connection attempt may take, or a duration such as 10s. Default: 10.'),
  attempt_timeout_seconds: alsoCalled(
    someSeconds(),
    'timeout',
    'timeout_ms',
    'request_timeout_ms',
    'delivery_timeout_ms',
  )
    .default(30)
    .describe(
      'Seconds without progress after which an attempt counts as failed, or a duration such as 30s. Default: 30.',
    ),
  topic: z
    .string()
    .min(1)
    .optional()
    .describe("Where messages without a topic of their own go. Default: the producer's name."),
  error_topic: z.string().min(1).optional().describe('Where messages marked as errors go. Default: the topic.'),
  queue: QueueConfig.prefault({}).describe('The bounds of the in-process queue.'),
  dead_letter: alsoCalled(DeadLetterConfig, 'dlq', 'dead_letter_queue', 'dead_letter_topic')
    .optional()
    .describe(
      'What takes the messages that cannot be delivered: another producer, or a file. Default: they are logged and dropped.',
    ),
  log_deliveries: z
    .enum(['off', 'debug', 'info'])
    .default('off')
    .describe(
      'At which level each delivered message is logged, with topic, partition, offset, key and latency; failures are errors. Default: off.',
    ),
  on_shutdown: z
    .enum(['undelivered', 'dead_letter'])
    .default('undelivered')
    .describe(
      'What becomes of messages that a shutdown leaves: they count as undelivered, or go to the dead-letter target. Default: undelivered.',
    ),
});

export type BaseConfig = z.infer<typeof BaseProducerConfig>;
