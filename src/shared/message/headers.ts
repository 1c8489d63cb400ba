/** Reads the headers of a message once, checks them and packs them. */

import { LARGEST_RECORD } from '../memory/record.ts';
import { byteLengthOf, isBytes, isLikeBytes, takenBytes } from './given-bytes.ts';
import { isOpaque, isPlain } from './json-value.ts';
import type { HeaderValue } from './message.ts';
import { describe, encodable, invalid } from './refusal.ts';

export type HeaderPair = readonly [string, HeaderValue];

/** Bytes of a packed header in addition to its name and its value: two lengths and a NUL. */
const FRAME_BYTES = 9;
/** Maximum number of headers. An iterator that never ends must not fill the memory. */
const MOST_HEADERS = 1_000_000;

/** A message's headers, packed one after the other. */
export interface PackedHeaders {
  readonly bytes: Buffer;
  readonly count: number;
}

const NONE: PackedHeaders = { bytes: Buffer.alloc(0), count: 0 };

/** Headers that are packed after those of the caller. */
export interface FurtherHeaders {
  /** Returns headers to add to those of the caller, which are valid. @default none */
  readonly added?: ((given: readonly HeaderPair[]) => readonly HeaderPair[]) | undefined;
  /** The last header. @default none */
  readonly mark?: HeaderPair | undefined;
}

/** Packs headers, and the further ones behind them. @throws InvalidMessageError */
export function packHeaders(headers: unknown, { added, mark }: FurtherHeaders): PackedHeaders {
  if (headers === undefined && mark === undefined && added === undefined) return NONE;
  const pairs = headers === undefined ? [] : listed(headerPairs(headers));
  const packed: Buffer[] = [];
  let size = 0;
  const pack = (pair: unknown) => {
    const header = packHeader(pair);
    size += header.length;
    if (size > LARGEST_RECORD) throw tooMany();
    packed.push(header);
  };
  for (const pair of pairs) pack(pair);
  for (const pair of added?.(pairs as HeaderPair[]) ?? []) pack(pair);
  if (mark !== undefined) pack(mark);
  const [first] = packed;
  return { bytes: packed.length === 1 && first ? first : Buffer.concat(packed), count: packed.length };
}

/** Collects all pairs in a list. @throws InvalidMessageError instead of filling the memory */
export function listed(pairs: Iterable<unknown>): unknown[] {
  const list: unknown[] = [];
  for (const pair of pairs) {
    if (list.length >= MOST_HEADERS) throw tooMany();
    list.push(pair);
  }
  return list;
}

const tooMany = () => invalid('headers: there are too many');

/** Returns the members of headers, which should be pairs; the caller checks them. @throws InvalidMessageError */
export function headerPairs(headers: unknown): Iterable<unknown> {
  const pairs = typeof headers === 'object' && headers !== null ? pairsIn(headers) : undefined;
  if (pairs === undefined) throw invalid(`headers: expected an object or a list of pairs, got ${describe(headers)}`);
  return pairs;
}

/** Returns the members of an iterable, or the fields of an object; undefined for an object that has neither. */
function pairsIn(headers: object): Iterable<unknown> | undefined {
  if (ArrayBuffer.isView(headers) || isLikeBytes(headers)) return undefined;
  if (isIterable(headers)) return headers;
  if (isOpaque(headers)) return undefined;
  const fields = Object.entries(headers);
  return fields.length > 0 || isPlain(headers) ? fields : undefined;
}

const isIterable = (value: object): value is Iterable<unknown> =>
  typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';

function packHeader(pair: unknown): Buffer {
  if (!Array.isArray(pair) || pair.length !== 2) throw invalid('headers: a list holds pairs of name and value');
  const [name, value] = pair as [unknown, unknown];
  // The name crosses into C as a NUL-terminated string.
  if (typeof name !== 'string' || name === '' || name.includes('\0'))
    throw invalid(`headers: expected a non-empty name without NUL, got ${describe(name)}`);
  encodable(name, 'the name of a header');
  if (value === null) return packed(name, value);
  if (typeof value === 'string') return packed(name, encodable(value, `headers.${name}`));
  if (isBytes(value)) return packed(name, takenBytes(value, `headers.${name}`));
  throw invalid(`headers.${name}: expected a string, bytes or null, got ${describe(value)}`);
}

function packed(name: string, value: HeaderValue): Buffer {
  const nameLength = Buffer.byteLength(name);
  const valueLength = value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : byteLengthOf(value);
  const size = FRAME_BYTES + nameLength + valueLength;
  if (size > LARGEST_RECORD) throw invalid(`headers: ${size} bytes can never be sent`);
  const header = Buffer.allocUnsafe(size); // from a pool, and every byte is written
  header.writeUInt32LE(nameLength, 0);
  header.writeInt32LE(value === null ? -1 : valueLength, 4);
  header.write(name, 8);
  header[8 + nameLength] = 0;
  if (typeof value === 'string') header.write(value, FRAME_BYTES + nameLength);
  else if (value !== null) header.set(value, FRAME_BYTES + nameLength);
  return header;
}
