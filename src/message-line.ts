/**
 * A message as one line of JSON: what files and pipes carry, and what `JSON.stringify(message)` gives. docs/files.md
 * describes it. Only what is there is written, so that most lines are a topic, a key and a value.
 */

import { isUtf8 } from 'node:buffer';

/** Bytes as JSON: a text stands for its UTF-8 bytes, so that only what is no text needs the other form. */
export type JsonBytes = string | { readonly base64: string };

export function jsonBytes(bytes: Uint8Array): JsonBytes;
export function jsonBytes(bytes: Uint8Array | null): JsonBytes | null;
export function jsonBytes(bytes: Uint8Array | null): JsonBytes | null {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(bytes) ? buffer.toString('utf8') : { base64: buffer.toString('base64') };
}

/** The parts of a message that a line says. */
interface Parts {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyArray<readonly [string, Uint8Array | null]>;
  readonly partition: number | null;
  readonly timestamp: number | null;
  readonly isError: boolean;
  readonly id?: string;
}

/** A line's JSON. It has either `value` or `bytes`. */
export interface MessageLine {
  readonly topic: string;
  readonly key?: JsonBytes;
  /** The value where it is JSON as `JSON.stringify` writes it; null is a tombstone. */
  readonly value?: unknown;
  /** Any other value. */
  readonly bytes?: JsonBytes;
  readonly headers?: ReadonlyArray<readonly [string, JsonBytes | null]>;
  readonly partition?: number;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
  readonly is_error?: true;
  /** The same in every attempt, so that a reader can tell repetitions. */
  readonly id?: string;
}

/** What a line says of a message. @throws TypeError when it is no message */
export function partsOf(line: MessageLine): Required<Parts> {
  const { topic, key, value = null, bytes, headers = [] } = line;
  if (typeof topic !== 'string') throw new TypeError('the line of a message has a topic');
  return {
    topic,
    key: bytesOf(key ?? null),
    value: bytes === undefined ? jsonText(value) : bytesOf(bytes),
    headers: headers.map(([name, header]) => [name, bytesOf(header)] as const),
    partition: line.partition ?? null,
    timestamp: line.timestamp ?? null,
    isError: line.is_error ?? false,
    id: line.id ?? '',
  };
}

const jsonText = (value: unknown): Uint8Array | null => (value === null ? null : Buffer.from(JSON.stringify(value)));

/** Bytes out of JSON. */
export function bytesOf(bytes: JsonBytes): Uint8Array;
export function bytesOf(bytes: JsonBytes | null): Uint8Array | null;
export function bytesOf(bytes: JsonBytes | null): Uint8Array | null {
  if (bytes === null) return null;
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.base64, 'base64');
}

export function lineOf({ topic, key, value, headers, partition, timestamp, isError, id = '' }: Parts): MessageLine {
  return {
    topic,
    ...(key !== null && { key: jsonBytes(key) }),
    ...bodyOf(value),
    ...(headers.length > 0 && { headers: headers.map(([name, header]) => [name, jsonBytes(header)] as const) }),
    ...(partition !== null && { partition }),
    ...(timestamp !== null && { timestamp }),
    ...(isError && { is_error: true }),
    ...(id !== '' && { id }),
  };
}

/** As JSON only where a reader that writes it again gets the same bytes: `1.0` and 20 digits would change on the way. */
function bodyOf(value: Uint8Array | null): Pick<MessageLine, 'value' | 'bytes'> {
  if (value === null) return { value: null };
  const bytes = jsonBytes(value);
  const parsed = typeof bytes === 'string' ? parse(bytes) : undefined;
  // `null` means a tombstone, which four bytes are not.
  const isSame = parsed !== undefined && parsed !== null && JSON.stringify(parsed) === bytes;
  return isSame ? { value: parsed } : { bytes };
}

/** How JSON may begin; asked first, because an exception costs more than all the rest. */
const JSON_BEGINS = /^[[{"\-0-9tf]/;

function parse(text: string): unknown {
  if (!JSON_BEGINS.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
