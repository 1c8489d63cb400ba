/** Reads each field of a message once and checks it. */

import { types } from 'node:util';
import { didYouMean } from '../util/did-you-mean.ts';
import { assertSteady, byteLengthOf, isBytes, takenBytes } from './given-bytes.ts';
import { headerPairs, listed } from './headers.ts';
import { jsonText } from './json-value.ts';
import type { MessageInput } from './message.ts';
import { describe, encodable, invalid, unreadable } from './refusal.ts';

const MAX_PARTITION = 0x7fffffff;
/** Maximum number of characters of a field's name that an error quotes. */
const LONGEST_NAME = 40;

/** A key or a value. A text is encoded when it is written. */
export type Part = string | Uint8Array | null;

/** Checks the names of the fields. @throws InvalidMessageError for no message, or a field that would be silently lost */
export function assertMessage(input: unknown): asserts input is MessageInput {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw noMessage(input);
  // No list of keys is made, because this runs for every message.
  for (const field in input) {
    switch (field) {
      case 'topic':
      case 'key':
      case 'value':
      case 'headers':
      case 'partition':
      case 'timestamp':
        break;
      default:
        refuseField(input, field);
    }
  }
}

const FIELDS = ['topic', 'key', 'value', 'headers', 'partition', 'timestamp'];

/** Options of a call that callers put into the message, and where they belong. */
const OPTIONS: Readonly<Record<string, string>> = {
  iserror: 'produce(message, { isError: true })',
  timeout: 'send(message, { timeout: 5000 })',
  signal: 'send(message, { signal })',
};

/** The message would be the topic in other clients, so the error shows both in one object. */
const noMessage = (input: unknown): Error =>
  invalid(`a message is an object with a value, such as { topic: 'orders', value: { id: 1 } }, got ${describe(input)}`);

function refuseField(input: object, field: string): void {
  // A class inherits fields that are not meant for us; `data` instead of `value` has a hint of its own.
  if (!Object.hasOwn(input, field) || (field === 'data' && !('value' in input))) return;
  throw invalid(`unknown field ${JSON.stringify(field.slice(0, LONGEST_NAME))}${adviceFor(field)}`);
}

function adviceFor(field: string): string {
  const option = field.toLowerCase().replaceAll('_', '');
  if (Object.hasOwn(OPTIONS, option)) return `: it is an option, given after the message: ${OPTIONS[option]}`;
  return `${didYouMean(field, FIELDS)}: a message has ${FIELDS.join(', ')}`;
}

/**
 * Reads each field of a message once, for code that needs the fields more than once. A getter or a Proxy may return something else
 * the next time, and an iterator nothing more. @throws InvalidMessageError
 */
export function readOnce(input: MessageInput): MessageInput {
  try {
    assertMessage(input);
    const { topic, key } = input;
    const sameKey = steady(key, 'key');
    const { value } = input;
    if (value === undefined) throw missingValue(input);
    const sameValue = steady(value, 'value');
    const { headers, partition, timestamp } = input;
    const pairs = headers === undefined || Array.isArray(headers) ? headers : listed(headerPairs(headers));
    sameKey();
    sameValue();
    return { topic, key, value, headers: pairs, partition, timestamp } as MessageInput;
  } catch (error) {
    throw unreadable('the message cannot be read', error);
  }
}

/** Returns a check that throws where bytes have another size by then. */
function steady(part: unknown, field: string): () => void {
  if (!isBytes(part)) return () => {};
  const length = byteLengthOf(part);
  return () => assertSteady(part, length, field);
}

export function validTopic(topic: unknown): string {
  // Clients take the topic as a NUL-terminated string. The rest would be lost, and the message would go to another topic.
  if (typeof topic !== 'string' || topic === '' || topic.includes('\0'))
    throw invalid(`topic: expected a non-empty string without NUL, got ${describe(topic)}`);
  return encodable(topic, 'topic');
}

export function validKey(key: unknown): Part {
  if (key === undefined || key === null) return null;
  if (typeof key === 'string') return encodable(key, 'key');
  if (isBytes(key)) return takenBytes(key, 'key');
  throw invalid(`key: expected a string, bytes or nothing, got ${describe(key)}`);
}

/** Returns the value as bytes, or as the text of its JSON; null for a tombstone. @throws InvalidMessageError */
export function encodedValue(value: unknown, input: object): Part {
  if (value === null) return null;
  if (value === undefined) throw missingValue(input);
  return isBytes(value) ? takenBytes(value, 'value') : jsonText(value);
}

function missingValue(input: object): Error {
  const hint = 'data' in input ? '; wrap the message: { value: { data: … } }' : '';
  return invalid(`value: missing (null is a tombstone)${hint}`);
}

export function validPartition(partition: unknown): number {
  if (partition === undefined) return -1;
  if (Number.isInteger(partition) && (partition as number) >= 0 && (partition as number) <= MAX_PARTITION)
    return partition as number;
  throw invalid(`partition: expected a whole number of at least 0, got ${describe(partition)}`);
}

export function validTimestamp(timestamp: unknown): number {
  if (timestamp === undefined) return Number.NaN;
  const ms = types.isDate(timestamp) ? Date.prototype.getTime.call(timestamp) : timestamp;
  // librdkafka takes 0 for "now". Every kind refuses it, because the message may go to Kafka as a dead letter.
  if (ms === 0) throw invalid('timestamp: Kafka clients take 0 for none: leave it out, or give at least 1');
  if (Number.isSafeInteger(ms) && (ms as number) >= 0) return ms as number;
  throw invalid(`timestamp: expected a Date or whole milliseconds since 1970, got ${describe(timestamp)}`);
}
