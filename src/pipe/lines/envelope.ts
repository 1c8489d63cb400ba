/** Parses a line that holds a whole message: `{ value, topic, key, headers, partition, timestamp, is_error }`. */

import { z } from 'zod';
import { pathText, quoteKey } from '../../config/report/redact.ts';
import { ERROR_HEADER, type Headers, type MessageInput } from '../../shared/message/message.ts';
import { bytesOf, type JsonBytes } from '../../shared/message/message-json.ts';
import { isWellFormed } from '../../shared/message/well-formed.ts';
import { didYouMean } from '../../shared/util/did-you-mean.ts';
import { BadLineError, type Place } from './bad-line.ts';
import { memberText } from './member-text.ts';

/** A message, and whether it is marked as an error. */
export interface LineMessage {
  readonly message: MessageInput;
  readonly isError: boolean;
}

/** Name of a topic or a header. Clients read names as C strings, which end at a NUL. */
const name = z.string().refine((text) => text !== '' && !text.includes('\0') && isWellFormed(text));

const isBase64 = (text: string): boolean => Buffer.from(text, 'base64').toString('base64') === text;
/** Text without lone surrogates. A lone surrogate has no UTF-8 bytes, and its replacement would make several texts equal. */
const text = z.string().refine((given) => isWellFormed(given));
const bytes = z.union([text, z.strictObject({ base64: z.string().refine(isBase64) })]);
const header = bytes.nullable();

const Envelope = z.strictObject({
  value: z.unknown().optional(),
  bytes: bytes.optional(),
  topic: name.optional(),
  key: bytes.nullable().optional(),
  headers: z.union([z.array(z.tuple([name, header])), z.record(name, header)]).optional(),
  partition: z.int().min(0).max(0x7fffffff).optional(),
  timestamp: z.int().min(1).optional(),
  is_error: z.boolean().default(false),
  // Ignored, because the producer gives the message another id.
  id: z.string().optional(),
});

type Field = keyof z.output<typeof Envelope>;

const FIELDS = Object.keys(Envelope.shape) as Field[];

/** Description of each field's value, for errors. */
const EXPECTED: Readonly<Record<Field, string>> = {
  value: 'any JSON value',
  bytes: 'a text or {"base64": …}',
  topic: 'a text that is not empty',
  key: 'a text, {"base64": …} or null',
  headers: 'an object, or pairs, of texts, {"base64": …} or nulls by name',
  partition: 'a whole number of at least 0',
  timestamp: 'whole milliseconds since 1970',
  is_error: 'true or false',
  id: 'a text',
};

/** Converts a line to a message; `parsed` is the JSON of `text`. The value keeps its original text. @throws BadLineError */
export function envelopeOf(parsed: unknown, text: string, at: Place): LineMessage {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new BadLineError(at, `expected an object with value, and topic, key, headers, … as needed`);
  if (Object.hasOwn(parsed, 'value') === Object.hasOwn(parsed, 'bytes')) throw new BadLineError(at, oneOf(parsed));
  if (Object.hasOwn(parsed, '__proto__')) throw new BadLineError(at, unknownKey('__proto__'));
  const result = Envelope.safeParse(withAllHeaders(parsed));
  if (!result.success) throw new BadLineError(at, problemOf(result.error.issues[0]));
  const { value, bytes: raw, key, headers, is_error: isError, id: _, ...rest } = result.data;
  const json = () => (value === null ? null : Buffer.from(memberText(text, 'value') ?? ''));
  const message = {
    ...given({ ...rest, key: key && plain(key), headers: headers && headersOf(headers, isError) }),
    value: raw === undefined ? json() : bytesOf(raw),
  };
  return { message, isError };
}

/** Converts headers to pairs if one is named `__proto__`, which zod's copy of the object would lose. */
function withAllHeaders(parsed: object): object {
  const headers: unknown = Reflect.get(parsed, 'headers');
  const isLossy = Object(headers) === headers && Object.hasOwn(headers as object, '__proto__');
  return isLossy ? { ...parsed, headers: Object.entries(headers as object) } : parsed;
}

const oneOf = (parsed: object): string =>
  'value' in parsed ? "expected one of 'value' and 'bytes', got both" : "missing key 'value' (null is a tombstone)";

/** Returns texts as texts, and everything else as bytes. */
const plain = (part: JsonBytes): string | Uint8Array => (typeof part === 'string' ? part : bytesOf(part));

/** Removes the error mark of an error message, because the producer adds the mark itself. */
function headersOf(headers: NonNullable<z.output<typeof Envelope>['headers']>, isError: boolean): Headers {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs
    .map(([header, part]) => [header, part && plain(part)] as const)
    .filter(([header]) => !(isError && header === ERROR_HEADER));
}

/** Leaves undefined fields out, because a message distinguishes a missing field from undefined. */
const given = (fields: Partial<Record<Field, unknown>>): Omit<MessageInput, 'value'> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const unknownKey = (key: string): string =>
  `unknown key ${quoteKey(key)}${didYouMean(key, FIELDS)}: a message has ${FIELDS.join(', ')}`;

/** Describes a problem without quoting values, because a line is customer data. */
function problemOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return unknownKey(key);
  }
  const path = issue?.path ?? [];
  const field = String(path[0]) as Field;
  return `${pathText(path)}: expected ${path.length > 1 ? 'a text, {"base64": …} or null, by a name that is not empty' : EXPECTED[field]}`;
}
