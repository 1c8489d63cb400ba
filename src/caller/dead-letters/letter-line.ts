/**
 * A dead letter as one line of a file: a JSON object, as docs/dead-letters.md describes it. Bytes are a string if they are valid
 * UTF-8, else `{"base64": …}`. The two cannot be confused, because one is a JSON string and the other a JSON object.
 */

import { z } from 'zod';
import { expecting } from '../../config/report/expected.ts';
import { check, type Finding } from '../../config/report/findings.ts';
import { Message } from '../../shared/message/message.ts';
import { bytesOf, jsonBytes } from '../../shared/message/message-json.ts';
import type { FailedAttempt } from '../../shared/protocol.ts';
import type { WireError } from '../../shared/wire-error.ts';
import { type DeadLetter, REASON_CLASSES } from './dead-letter.ts';

/** Version of the format. A later version may give the same names other meanings. */
const VERSION = 1;

/** A dead letter read from a file. The error object is gone, but its text is in `attempts` and `reason`. */
export type StoredDeadLetter = Omit<DeadLetter, 'error' | 'routed' | 'defaultTopic'>;

/** Formats the dead letter as it is written, without a line break. */
export function deadLetterLine(letter: StoredDeadLetter): string {
  const { id, at, producer, reasonClass, reason, message, attempts } = letter;
  return JSON.stringify({
    v: VERSION,
    id,
    time: time(at),
    producer,
    reasonClass,
    reason,
    message: {
      ...(message.id !== '' && { id: message.id }),
      topic: message.topic,
      key: jsonBytes(message.key),
      value: jsonBytes(message.value),
      headers: message.headers.map(([name, value]) => [name, jsonBytes(value)]),
      partition: message.partition,
      timestamp: message.timestamp,
      isError: message.isError,
    },
    attempts: attempts.map((attempt) => ({ time: time(attempt.at), error: plainError(attempt.error) })),
  });
}

const time = (at: number): string => new Date(at).toISOString();

/** Leaves out stacks, which name paths of the machine, and causes, which repeat the message of the error. */
function plainError({ name, message, code, details }: WireError): WireError {
  return { name, message, ...(code !== undefined && { code }), ...(details && { details }) };
}

const isBase64 = (text: string): boolean => Buffer.from(text, 'base64').toString('base64') === text;
/** Half of a surrogate pair is no character, and would be written as another one. */
const isText = (text: string): boolean => Buffer.from(text).toString() === text;

const text = () => expecting(z.string().refine(isText), 'text');
const base64 = expecting(z.string().refine(isBase64), 'base64 text');
const bytes = () => expecting(z.union([text(), z.strictObject({ base64 }), z.null()]), 'text, {"base64": …} or null');
const instant = () => expecting(z.iso.datetime(), 'a time such as 2026-01-31T12:00:00.000Z');
const whole = (max: number) => z.number().multipleOf(1).min(0).max(max).nullable();

const LONGEST_ID = 100;

const HEADER = expecting(z.tuple([text().min(1), bytes()]), 'a pair of name and value');

const MESSAGE = z.strictObject({
  id: z.string().min(1).max(LONGEST_ID).optional(),
  topic: text().min(1),
  key: bytes(),
  value: bytes(),
  headers: z.array(HEADER),
  partition: whole(2 ** 31 - 1),
  timestamp: whole(Number.MAX_SAFE_INTEGER),
  isError: z.boolean(),
});

const ERROR = z.strictObject({
  name: z.string(),
  message: z.string(),
  code: z.union([z.string(), z.number()]).optional(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

const LETTER = z.strictObject({
  v: expecting(z.literal(VERSION), `version ${VERSION} of the format`),
  id: z.string().min(1).max(LONGEST_ID),
  time: instant(),
  producer: z.string().min(1),
  reasonClass: z.enum(REASON_CLASSES),
  reason: z.string(),
  message: MESSAGE,
  attempts: z.array(z.strictObject({ time: instant(), error: ERROR })),
});

export type ReadDeadLetter =
  | { readonly letter: StoredDeadLetter; readonly findings?: undefined }
  | { readonly letter?: undefined; readonly findings: readonly Finding[] };

/** Returns the dead letter in the JSON of a line, or all findings that keep it from being one. */
export function deadLetterFrom(json: unknown): ReadDeadLetter {
  const { output, findings } = check(LETTER, json);
  if (output === undefined) return { findings };
  const { time: at, message, attempts, v: _, ...rest } = output as z.infer<typeof LETTER>;
  return {
    letter: {
      ...rest,
      at: Date.parse(at),
      message: messageFrom(message),
      attempts: attempts.map((attempt) => attemptFrom(attempt)),
    },
  };
}

function messageFrom({ id = '', key, value, headers, ...rest }: z.infer<typeof MESSAGE>): Message {
  return new Message({
    ...rest,
    id,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(([name, header]) => [name, bytesOf(header)]),
  });
}

function attemptFrom({ time: at, error }: { time: string; error: z.infer<typeof ERROR> }): FailedAttempt {
  const { code, details, ...words } = error;
  return { at: Date.parse(at), error: { ...words, ...(code !== undefined && { code }), ...(details && { details }) } };
}
