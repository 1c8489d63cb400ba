/** The settings of the HTTP kind, one by one. The rules between them are in schema.ts. */

import { z } from 'zod';
import { expecting } from '../../config/report/expected.ts';
import { alsoCalled } from '../../config/report/key-hints.ts';
import { BaseProducerConfig } from '../../config/schema/base.ts';
import { duration } from '../../config/schema/duration.ts';
import { size } from '../../config/schema/size.ts';
import { tlsFields } from '../../config/schema/tls.ts';
import { parseUrlTemplate, UrlProblem } from '../../config/schema/url-template.ts';

/** Describes the fault of a URL without quoting it, because a path or a query may hold a secret. */
function urlProblem(text: string): string | undefined {
  try {
    parseUrlTemplate(text);
    return undefined;
  } catch (error) {
    if (error instanceof UrlProblem) return error.message;
    throw error;
  }
}

const urlTemplate = () =>
  expecting(
    z.string().superRefine((text, context) => {
      const message = urlProblem(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
    'a URL that begins with http:// or https://',
  );

const addressing = {
  type: z.literal('http').describe('The kind of producer.'),
  url: alsoCalled(urlTemplate(), 'uri', 'endpoint', 'base_url', 'address').describe(
    'Where requests go. Path and query may hold {topic}, {key}, {id}, {header.NAME} and {field.a.b}. Required.',
  ),
  error_url: urlTemplate()
    .optional()
    .describe('Where messages marked as errors go, on the same host and port. Default: the URL.'),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').describe('The method of the requests. Default: POST.'),
};

/** Pattern of a header's name. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Bytes that a header's value may not hold. They would end the value, or be dropped on the way. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
/** Headers that describe one connection, or are computed from the body. */
const OF_THE_CONNECTION = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export const isHeaderName = (name: string): boolean => TOKEN.test(name);
/** `value` holds bytes as latin1. */
export const isHeaderValue = (value: string): boolean => !CONTROL.test(value);
export const isOfTheConnection = (name: string): boolean => OF_THE_CONNECTION.includes(name.toLowerCase());

function headerProblem([name, value]: [string, string]): string | undefined {
  if (!isHeaderName(name)) return 'is no name of a header: letters, digits and hyphens';
  if (isOfTheConnection(name)) return 'is set by the connection: leave it out';
  const usable = /^[\x20-\x7e\t]*$/.test(value);
  return usable ? undefined : 'expected a text of printable ASCII characters on one line';
}

const headers = () =>
  z.record(z.string(), z.string()).superRefine((all, context) => {
    for (const header of Object.entries(all)) {
      const message = headerProblem(header);
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: [header[0]] });
    }
  });

const asciiLine = (what: string) => expecting(z.string().regex(/^[\x21-\x7e]+$/), what);

const Auth = z
  .strictObject({
    basic: z
      .strictObject({
        username: expecting(z.string().regex(/^[^:\n\r]+$/), 'a user name without a colon').describe(
          'The user name. Required.',
        ),
        password: z.string().describe('The password; better a reference to a variable or a file. Required.'),
      })
      .optional()
      .describe('A user name and a password, sent with every request. Default: none.'),
    bearer: asciiLine('a token of printable ASCII characters without spaces')
      .optional()
      .describe('A token, sent with every request; better a reference to a variable or a file. Default: none.'),
  })
  .refine((auth: unknown) => Object.keys(Object(auth)).length === 1, {
    error: "expected one of 'basic' and 'bearer'",
    when: () => true,
  });

const requests = {
  headers: headers().optional().describe('Headers of every request; a message cannot change them. Default: none.'),
  forward_headers: z
    .boolean()
    .default(true)
    .describe("Whether a message's own headers become headers of its request, where it has one alone. Default: true."),
  auth: Auth.optional().describe('How requests prove who sends them: basic or bearer. Default: they do not.'),
  idempotency_header: z
    .union([z.literal(false), expecting(z.string().regex(TOKEN), 'the name of a header, or false')])
    .default('Idempotency-Key')
    .describe(
      'The header that names a request, the same in every attempt, so that the server can discard repetitions; false: none. Default: Idempotency-Key.',
    ),
};

const Batch = z.strictObject({
  max_messages: z
    .number()
    .multipleOf(1)
    .min(1)
    .max(100_000)
    .default(100)
    .describe('How many messages one request may carry. Default: 100.'),
  max_bytes: size('1B', '1GB')
    .default('1MB')
    .describe('How large the body of a request may grow; a larger message goes alone. Default: 1MB.'),
  linger: duration('0ms', '10s')
    .default('0ms')
    .describe('How long to wait for more messages before a request is sent that has room: a duration. Default: 0ms.'),
});

const bodies = {
  body: z
    .enum(['json', 'ndjson', 'raw'])
    .default('json')
    .describe(
      'What a request carries: JSON (of a batch an array), a line of JSON for each message, or the bytes. Default: json.',
    ),
  envelope: z
    .boolean()
    .default(false)
    .describe('Whether each value is wrapped in an object with id, topic, key, headers and timestamp. Default: false.'),
  tombstones: z
    .enum(['body', 'delete', 'refuse'])
    .default('body')
    .describe(
      'What a tombstone becomes: the JSON null (raw: no bytes), a DELETE without a body, or a dead letter. Default: body.',
    ),
  batch: Batch.optional().describe('Sends several messages in one request. Default: one message a request.'),
};

const answers = {
  retry_on: z
    .array(
      expecting(
        z.union([z.number().multipleOf(1).min(400).max(599), z.literal('5xx')]),
        'a status from 400 to 599, or 5xx',
      ),
    )
    .default([401, 407, 408, 425, 429, '5xx'])
    .describe(
      'Statuses after which a request is made again; others from 300 on are permanent failures. Default: [401, 407, 408, 425, 429, 5xx].',
    ),
  request_timeout: alsoCalled(duration('1ms'), 'timeout', 'timeout_ms')
    .optional()
    .describe(
      'How long a request may take until its answer is there, to the last byte: a duration. Default: two thirds of attempt_timeout_seconds, 20s.',
    ),
};

const connections = {
  max_in_flight: z
    .number()
    .multipleOf(1)
    .min(1)
    .max(256)
    .default(1)
    .describe(
      'How many requests may be under way at once, each on a connection; more than 1 needs ordered: false. Default: 1.',
    ),
  ordered: z
    .boolean()
    .default(true)
    .describe('Whether a request waits for the answer to the one before it, so that order is kept. Default: true.'),
  keep_alive: duration('0ms', '1h')
    .default('4s')
    .describe('How long a connection without requests is kept: a duration. Default: 4s.'),
  ...tlsFields('server'),
};

export const HttpFields = BaseProducerConfig.extend({
  ...addressing,
  ...requests,
  ...bodies,
  ...answers,
  ...connections,
});

export type HttpFields = z.infer<typeof HttpFields>;
