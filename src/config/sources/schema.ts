/** The settings of each type of source, from which the messages of a pipeline come. */

import { z } from 'zod';
import { expecting } from '../report/expected.ts';
import { safeName } from '../schema/base.ts';
import { duration } from '../schema/duration.ts';
import { filePath } from '../schema/file-path.ts';
import { bearerToken, listenAddress } from '../schema/listen.ts';
import { size } from '../schema/size.ts';

const SourceBase = z.strictObject({
  name: safeName().describe('A name that no other source has. Required.'),
  format: z
    .enum(['value', 'message'])
    .default('value')
    .describe(
      'What a line is: the value of a message, or an object with value, topic, key, headers, partition, timestamp and is_error. Default: value.',
    ),
  topic: z
    .string()
    .min(1)
    .optional()
    .describe("Where messages go that do not say a topic of their own. Default: the producer's topic."),
  key_field: z
    .string()
    .min(1)
    .optional()
    .describe('The field of each value that the key is taken from. Default: messages have no key.'),
  max_line_bytes: size('1KiB', '256MiB')
    .default('1MiB')
    .describe('How long a line may be: bytes, or a size such as 256KiB. From 1KiB to 256MiB. Default: 1MiB.'),
});

const onBadLine = z
  .enum(['stop', 'skip'])
  .default('stop')
  .describe('What a line does that is no message: it ends the pipeline, or is left out and logged. Default: stop.');

const acknowledge = z
  .enum(['delivered', 'stored'])
  .default('delivered')
  .describe(
    'When a message is safe: when it has been delivered, or once it is in the spool of its producer. Default: delivered.',
  );

const StdinSource = SourceBase.extend({
  type: z.literal('stdin').describe('The standard input. Required.'),
  on_bad_line: onBadLine,
});

const FileSource = SourceBase.extend({
  type: z.literal('file').describe('A file that is followed as it grows and is rotated. Required.'),
  path: filePath('follow').describe('The file; relative to the YAML file. It may come to be later. Required.'),
  checkpoint: filePath('replace')
    .optional()
    .describe('The file that remembers how far the followed one was read. Default: its path with .checkpoint.'),
  from: z
    .enum(['start', 'end'])
    .default('start')
    .describe('Where to begin when there is no checkpoint yet. Default: start.'),
  poll_interval: duration('10ms', '1m')
    .default('250ms')
    .describe('How often the file is looked at: a duration. Default: 250ms.'),
  acknowledge,
  on_bad_line: onBadLine,
});

export const HEALTH_PATH = '/health';

const HttpSource = SourceBase.extend({
  type: z.literal('http').describe('A listener that takes messages by HTTP. Required.'),
  listen: listenAddress(8080)
    .default('127.0.0.1:8080')
    .describe('The address and port; any but a loopback address needs a token. Default: 127.0.0.1:8080.'),
  path: expecting(
    z
      .string()
      .regex(/^\/[\w./~-]*$/)
      .refine((path) => path !== HEALTH_PATH),
    `a path such as /messages, other than ${HEALTH_PATH}`,
  )
    .default('/messages')
    .describe('The path that messages are posted to. Default: /messages.'),
  token: bearerToken()
    .optional()
    .describe('What clients send as Authorization: Bearer. Default: none, on a loopback address only.'),
  acknowledge,
  timeout: duration('10ms', '10m')
    .default('10s')
    .describe('How long a request waits until its messages are safe: a duration. Default: 10s.'),
  max_body_bytes: size('1KiB', '1GiB')
    .default('8MiB')
    .describe(
      'How large the body of a request may be: bytes, or a size such as 1MiB. From 1KiB to 1GiB. Default: 8MiB.',
    ),
  max_pending_bytes: size('1KiB')
    .default('64MiB')
    .describe(
      'How much all requests together may hold, 4 KiB for each message on its way included, before others are told to come again. Default: 64MiB.',
    ),
  max_connections: z
    .number()
    .multipleOf(1)
    .min(1)
    .max(65_536)
    .default(1000)
    .describe('How many connections may be open; further ones are closed at once. Default: 1000.'),
  header_timeout: duration('100ms', '10m')
    .default('10s')
    .describe('How long the headers of a request may take to come: a duration. Default: 10s.'),
  body_timeout: duration('100ms', '1h')
    .default('30s')
    .describe('How long a request may take to come, body included: a duration. Default: 30s.'),
});

/** The default checkpoint, which is next to the followed file, where a person finds it first. */
export const defaultCheckpoint = (path: string): string => `${path}.checkpoint`;

export const SOURCE_SCHEMAS = { stdin: StdinSource, file: FileSource, http: HttpSource } as const;

export type SourceType = keyof typeof SOURCE_SCHEMAS;
export type StdinSourceConfig = z.output<typeof StdinSource>;
/** The loaded configuration, which always has a checkpoint. */
export type FileSourceConfig = z.output<typeof FileSource>;
export type HttpSourceConfig = z.output<typeof HttpSource>;
export type SourceConfig = StdinSourceConfig | FileSourceConfig | HttpSourceConfig;
