/**
 * A message as one line of JSON, which docs/kinds/files.md describes. Files, pipes and envelopes hold such lines, and
 * `JSON.stringify(message)` returns one. Absent parts are left out, so that most lines are a topic, a key and a value.
 */

import { isUtf8 } from 'node:buffer';

/** Bytes as JSON. A text stands for its UTF-8 bytes, and only bytes that are no UTF-8 need the other form. */
export type JsonBytes = string | { readonly base64: string };

export function jsonBytes(bytes: Uint8Array): JsonBytes;
export function jsonBytes(bytes: Uint8Array | null): JsonBytes | null;
export function jsonBytes(bytes: Uint8Array | null): JsonBytes | null {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(bytes) ? buffer.toString('utf8') : { base64: buffer.toString('base64') };
}

/** The parts of a message; bytes are copies that belong to it. */
export interface MessageParts {
  /** See `Message.id`. @default '' */
  readonly id?: string;
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyArray<readonly [string, Uint8Array | null]>;
  readonly partition: number | null;
  readonly timestamp: number | null;
  readonly isError: boolean;
}

/** The JSON of a line. It has either `value` or `bytes`. */
export interface MessageLine {
  readonly topic: string;
  readonly key?: JsonBytes;
  /** The value where it is JSON; null is a tombstone. */
  readonly value?: unknown;
  /** Any other value. */
  readonly bytes?: JsonBytes;
  readonly headers?: ReadonlyArray<readonly [string, JsonBytes | null]>;
  readonly partition?: number;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
  readonly is_error?: true;
  /** The same in every attempt, so that a reader can recognize duplicates. */
  readonly id?: string;
}

/** Returns the parts of the message in a line. @throws TypeError when the line is no message */
export function partsOf(line: MessageLine): Required<MessageParts> {
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

/** Returns the value as JSON text. @throws TypeError for a value that was no JSON, or a number too large for JavaScript */
function jsonText(value: unknown): Uint8Array | null {
  if (value === null) return null;
  const text = JSON.stringify(value, finite) as string | undefined;
  if (text === undefined) throw new TypeError('the value of a message line is JSON');
  return Buffer.from(text);
}

function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError('the value of this line has a number that JavaScript cannot hold');
  return value;
}

/** Decodes bytes from JSON. */
export function bytesOf(bytes: JsonBytes): Uint8Array;
export function bytesOf(bytes: JsonBytes | null): Uint8Array | null;
export function bytesOf(bytes: JsonBytes | null): Uint8Array | null {
  if (bytes === null) return null;
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.base64, 'base64');
}

/** Returns the line, without a line feed. A value in JSON stands in it as it was written, except that line breaks become blanks. */
export function messageLine(message: MessageParts): string {
  const json = jsonIn(message.value);
  if (json === undefined) return JSON.stringify(lineOf(message));
  const around = JSON.stringify({ ...lineOf({ ...message, value: null }), value: undefined });
  return `${around.slice(0, -1)},"value":${json.replaceAll(LINE_BREAKS, ' ')}}`;
}

/** Line breaks. JSON has them between its parts only, where a blank has the same meaning. */
const LINE_BREAKS = /[\r\n]/g;

/** Returns the line as an object, for a caller that writes it as JSON together with other data. */
export function lineOf({
  topic,
  key,
  value,
  headers,
  partition,
  timestamp,
  isError,
  id = '',
}: MessageParts): MessageLine {
  return {
    topic,
    ...(key !== null && { key: jsonBytes(key) }),
    ...(headers.length > 0 && { headers: headers.map(([name, header]) => [name, jsonBytes(header)] as const) }),
    ...(partition !== null && { partition }),
    ...(timestamp !== null && { timestamp }),
    ...(isError && { is_error: true }),
    ...(id !== '' && { id }),
    ...bodyOf(value),
  };
}

/** Returns the value as JSON only where that is written back byte for byte. Numbers, blanks, escapes and names may change otherwise. */
function bodyOf(value: Uint8Array | null): Pick<MessageLine, 'value' | 'bytes'> {
  if (value === null) return { value: null };
  const json = parsedAsWritten(value);
  return json === undefined ? { bytes: jsonBytes(value) } : { value: json };
}

/** Maximum depth of a value that is kept as JSON. Writers and readers of JSON recurse, and differ in the depth they can handle. */
const DEEPEST = 500;

function parsedAsWritten(value: Uint8Array): unknown {
  const text = jsonIn(value);
  if (text === undefined) return undefined;
  const parsed: unknown = JSON.parse(text);
  return isShallow(parsed, DEEPEST) && JSON.stringify(parsed) === text ? parsed : undefined;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** First bytes of JSON. They are checked first, because an exception costs more than everything else here. */
const JSON_BEGINS: ReadonlySet<number> = new Set(Buffer.from('[{"-0123456789tf'));
const BLANKS: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'));

function mayBeJson(value: Uint8Array): boolean {
  let at = 0;
  while (BLANKS.has(value[at] as number)) at++;
  return JSON_BEGINS.has(value[at] as number);
}

/** Returns the value as a text, where it is JSON. `null` as JSON would read as a tombstone, which those four bytes are not. */
function jsonIn(value: Uint8Array | null): string | undefined {
  if (value === null || !mayBeJson(value)) return undefined;
  const text = jsonBytes(value);
  if (typeof text !== 'string') return undefined;
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}
