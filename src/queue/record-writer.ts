/** Turns a message into a packed record: validated and encoded once, on the caller's thread, straight into its slot. */

import { InvalidMessageError } from '../errors.ts';
import type { Headers, HeaderValue, MessageInput } from '../message.ts';
import { alignUp, RECORD_HEADER_BYTES, type RecordMemory, TIMESTAMP_DOUBLE, WORD } from './record.ts';

/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const MAX_UTF8 = 3;
export const HEADER_FRAME_BYTES = 9;
const MAX_PARTITION = 0x7fffffff;
/** Of a field that is quoted in an error. */
const LONGEST_NAME = 40;
const EMPTY = Buffer.alloc(0);

type Part = string | Uint8Array | null;

const invalid = (message: string, cause?: unknown): InvalidMessageError =>
  new InvalidMessageError(message, cause === undefined ? {} : { cause });

const bound = (part: Part): number =>
  part === null ? 0 : typeof part === 'string' ? part.length * MAX_UTF8 : part.byteLength;

const exact = (part: Part): number => (part === null ? 0 : Buffer.byteLength(part));

/**
 * Holds one prepared message until it is written. Two steps, so that room is found before anything is written; one
 * instance a producer, so that nothing is allocated for a message that is a string of JSON.
 */
export class RecordWriter {
  #topic = '';
  #key: Part = null;
  #value: Part = null;
  #headers: Buffer = EMPTY;
  #headerCount = 0;
  #partition = -1;
  #timestamp = Number.NaN;

  /** Takes a message, with a header more where `mark` is given. @throws InvalidMessageError when it cannot be encoded */
  prepare(input: MessageInput, mark?: HeaderPair): void {
    if (typeof input !== 'object' || input === null) throw invalid('a message is an object with a value');
    assertKnownFields(input);
    this.#topic = input.topic === undefined ? '' : validTopic(input.topic);
    this.#key = validKey(input.key);
    this.#value = encodeValue(input);
    this.#partition = validPartition(input.partition);
    this.#timestamp = validTimestamp(input.timestamp);
    this.#prepareHeaders(input.headers, mark);
  }

  #prepareHeaders(headers: Headers | undefined, mark: HeaderPair | undefined): void {
    const own = headers === undefined ? [] : headerPairs(headers);
    const pairs = mark === undefined ? own : [...own, mark];
    this.#headerCount = pairs.length;
    this.#headers = pairs.length === 0 ? EMPTY : Buffer.concat(pairs.map(encodeHeader));
  }

  /** At most this many bytes are needed; cheap. */
  get sizeBound(): number {
    return this.#size(bound);
  }

  /** Exactly this many bytes are needed. */
  get exactSize(): number {
    return this.#size(exact);
  }

  #size(measure: (part: Part) => number): number {
    const parts = measure(this.#topic) + measure(this.#key) + measure(this.#value) + this.#headers.length;
    return alignUp(RECORD_HEADER_BYTES + parts);
  }

  /** Writes the prepared message at `offset`, where there is room for it. Returns the record's size in bytes. */
  write(memory: RecordMemory, offset: number, flags: number): number {
    const { words, bytes } = memory;
    const word = offset >>> 2;
    let end = offset + RECORD_HEADER_BYTES;
    end += words[word + WORD.topicLength] = this.#topic === '' ? 0 : put(bytes, end, this.#topic);
    end += putOptional(memory, word + WORD.keyLength, end, this.#key);
    end += putOptional(memory, word + WORD.valueLength, end, this.#value);
    end += words[word + WORD.headersLength] = this.#headers.copy(bytes, end);
    words[word + WORD.flags] = flags;
    words[word + WORD.partition] = this.#partition;
    words[word + WORD.headerCount] = this.#headerCount;
    memory.doubles[(offset >>> 3) + TIMESTAMP_DOUBLE] = this.#timestamp;
    const size = alignUp(end - offset);
    words[word + WORD.size] = size;
    return size;
  }

  /** Lets go of the caller's values: a prepared message may hold megabytes. */
  clear(): void {
    this.#key = this.#value = null;
    this.#headers = EMPTY;
  }
}

function put(bytes: Buffer, offset: number, part: string | Uint8Array): number {
  if (typeof part === 'string') return bytes.write(part, offset);
  bytes.set(part, offset);
  return part.byteLength;
}

function putOptional(memory: RecordMemory, lengthWord: number, offset: number, part: Part): number {
  const length = part === null ? -1 : put(memory.bytes, offset, part);
  memory.words[lengthWord] = length;
  return Math.max(length, 0);
}

/** A misspelt field would be lost without a word. No list of keys is made: this runs for every message. */
function assertKnownFields(input: MessageInput): void {
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

function refuseField(input: MessageInput, field: string): void {
  // What a class inherits was not meant for us; `data` in the place of `value` has a hint of its own.
  if (!Object.hasOwn(input, field) || (field === 'data' && input.value === undefined)) return;
  const known = 'topic, key, value, headers, partition, timestamp';
  throw invalid(`unknown field ${JSON.stringify(field.slice(0, LONGEST_NAME))}: a message has ${known}`);
}

function validTopic(topic: unknown): string {
  // Clients take it as a NUL-terminated string: what follows would be lost, and the message go elsewhere.
  if (typeof topic === 'string' && topic !== '' && !topic.includes('\0')) return topic;
  throw invalid(`topic: expected a non-empty string without NUL, got ${describe(topic)}`);
}

function validKey(key: unknown): Part {
  if (key === undefined || key === null) return null;
  if (typeof key === 'string' || key instanceof Uint8Array) return key;
  throw invalid(`key: expected a string, bytes or nothing, got ${describe(key)}`);
}

/** The value as bytes, or as the text of its JSON; null for a tombstone. @throws InvalidMessageError */
export function encodeValue(input: MessageInput): Part {
  const { value } = input;
  if (value === null || value instanceof Uint8Array) return value;
  if (value === undefined) throw missingValue(input);
  try {
    const text = typeof value === 'number' && !Number.isFinite(value) ? undefined : JSON.stringify(value);
    if (text !== undefined && !isOpaque(value)) return text;
  } catch (error) {
    throw invalid(`value: cannot be written as JSON: ${(error as Error).message}`, error);
  }
  throw invalid(`value: ${describe(value)} is not a JSON value`);
}

/** JSON.stringify writes these as `{}`, which would lose their content without a word. */
const isOpaque = (value: unknown): boolean =>
  ArrayBuffer.isView(value) || OPAQUE.some((Class) => value instanceof Class) || isInvalidDate(value);

const OPAQUE = [Map, Set, ArrayBuffer, SharedArrayBuffer, Promise, RegExp, Error, Blob];

const isInvalidDate = (value: unknown): boolean => value instanceof Date && Number.isNaN(value.getTime());

function missingValue(input: object): InvalidMessageError {
  const hint = 'data' in input ? '; wrap the message: { value: { data: … } }' : '';
  return invalid(`value: missing (null is a tombstone)${hint}`);
}

function validPartition(partition: unknown): number {
  if (partition === undefined) return -1;
  if (Number.isInteger(partition) && (partition as number) >= 0 && (partition as number) <= MAX_PARTITION)
    return partition as number;
  throw invalid(`partition: expected a whole number of at least 0, got ${describe(partition)}`);
}

function validTimestamp(timestamp: unknown): number {
  if (timestamp === undefined) return Number.NaN;
  const ms = timestamp instanceof Date ? timestamp.getTime() : timestamp;
  // librdkafka takes it for "now". Refused for every kind, because a message may be handed on to Kafka as a dead letter.
  if (ms === 0) throw invalid('timestamp: Kafka clients take 0 for none: leave it out, or give at least 1');
  if (Number.isSafeInteger(ms) && (ms as number) >= 0) return ms as number;
  throw invalid(`timestamp: expected a Date or whole milliseconds since 1970, got ${describe(timestamp)}`);
}

export type HeaderPair = readonly [string, HeaderValue];

function headerPairs(headers: unknown): HeaderPair[] {
  if (typeof headers !== 'object' || headers === null)
    throw invalid(`headers: expected an object or a list of pairs, got ${describe(headers)}`);
  const pairs: unknown[] = Array.isArray(headers) || headers instanceof Map ? [...headers] : Object.entries(headers);
  return pairs.map(validHeader);
}

function validHeader(pair: unknown): HeaderPair {
  if (!Array.isArray(pair) || pair.length !== 2) throw invalid('headers: a list holds pairs of name and value');
  const [name, value] = pair as [unknown, unknown];
  // The name crosses into C as a NUL-terminated string.
  if (typeof name !== 'string' || name === '' || name.includes('\0'))
    throw invalid(`headers: expected a non-empty name without NUL, got ${describe(name)}`);
  if (typeof value === 'string' || value instanceof Uint8Array || value === null) return [name, value];
  throw invalid(`headers.${name}: expected a string, bytes or null, got ${describe(value)}`);
}

function encodeHeader([name, value]: HeaderPair): Buffer {
  const nameLength = Buffer.byteLength(name);
  const valueLength = exact(value);
  const header = Buffer.alloc(HEADER_FRAME_BYTES + nameLength + valueLength);
  header.writeUInt32LE(nameLength, 0);
  header.writeInt32LE(value === null ? -1 : valueLength, 4);
  put(header, 8, name);
  if (value !== null) put(header, HEADER_FRAME_BYTES + nameLength, value);
  return header;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value?.constructor?.name ?? typeof value;
}
