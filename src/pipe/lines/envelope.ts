/** A line that says a whole message: `{ value, topic, key, headers, partition, timestamp, is_error }`. */

import { z } from 'zod';
import { didYouMean } from '../../config/nearest.ts';
import { pathText, quoteKey } from '../../config/shown.ts';
import type { MessageInput } from '../../message.ts';
import { BadLineError, type Place } from './bad-line.ts';
import { memberText } from './member-text.ts';

/** A message, and whether it goes where errors go. */
export interface LineMessage {
  readonly message: MessageInput;
  readonly isError: boolean;
}

/** Clients take names as texts that a NUL ends. */
const name = z.string().regex(/^[^\0]+$/);

const Envelope = z.strictObject({
  value: z.unknown(),
  topic: name.optional(),
  key: z.string().nullable().optional(),
  headers: z.record(name, z.string().nullable()).optional(),
  partition: z.int().min(0).max(0x7fffffff).optional(),
  timestamp: z.int().min(1).optional(),
  is_error: z.boolean().default(false),
});

type Field = keyof z.output<typeof Envelope>;

const FIELDS = Object.keys(Envelope.shape) as Field[];

/** What each field may be, in words. */
const EXPECTED: Readonly<Record<Field, string>> = {
  value: 'any JSON value',
  topic: 'a text that is not empty',
  key: 'a text or null',
  headers: 'an object of texts or nulls by name',
  partition: 'a whole number of at least 0',
  timestamp: 'whole milliseconds since 1970',
  is_error: 'true or false',
};

/** `parsed` is what `text` says. The value is kept as it was written. @throws BadLineError when it is no message */
export function envelopeOf(parsed: unknown, text: string, at: Place): LineMessage {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new BadLineError(at, `expected an object with value, and topic, key, headers, … as needed`);
  if (!Object.hasOwn(parsed, 'value')) throw new BadLineError(at, "missing key 'value' (null is a tombstone)");
  const result = Envelope.safeParse(parsed);
  if (!result.success) throw new BadLineError(at, problemOf(result.error.issues[0]));
  const { value, is_error: isError, ...rest } = result.data;
  const bytes = value === null ? null : Buffer.from(memberText(text, 'value') ?? '');
  return { message: { ...given(rest), value: bytes }, isError };
}

/** Only what is there: to leave a field out says more than undefined. */
const given = (fields: Partial<Record<Field, unknown>>): Omit<MessageInput, 'value'> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Says nothing of the values: a line is a customer's. */
function problemOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return `unknown key ${quoteKey(key)}${didYouMean(key, FIELDS)}: a message has ${FIELDS.join(', ')}`;
  }
  const path = issue?.path ?? [];
  const field = String(path[0]) as Field;
  return `${pathText(path)}: expected ${path.length > 1 ? 'a text or null, by a name that is not empty' : EXPECTED[field]}`;
}
