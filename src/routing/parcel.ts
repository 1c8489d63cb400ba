/** A message for several producers: encoded once, and weighed, so that all of them can be asked before any of them takes it. */

import type { MessageInput } from '../message.ts';
import { alignUp, RECORD_HEADER_BYTES } from '../queue/record.ts';
import { encodeValue, HEADER_FRAME_BYTES } from '../queue/record-writer.ts';

export interface Parcel {
  /** With its value as bytes. */
  readonly message: MessageInput;
  readonly isError: boolean;
  /** What it takes in a queue, at the most; anything for one that is wrong, which the first producer refuses before others have it. */
  readonly bytes: number;
}

/** A header that some producers put behind those of an error. */
const MARK_BYTES = 64;

/** @throws InvalidMessageError when the value cannot be encoded */
export function parcelOf(given: MessageInput, isError: boolean): Parcel {
  const encoded = encodeValue(given);
  const value = typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
  const parts = partBytes(given.topic) + partBytes(given.key) + partBytes(value) + headerBytes(given.headers);
  const bytes = alignUp(RECORD_HEADER_BYTES + parts + (isError ? MARK_BYTES : 0));
  return { message: withValue(given, value), isError, bytes };
}

/** A copy of all fields, also of those that a class inherits and of those that are unknown, which producers refuse. */
function withValue(given: MessageInput, value: Uint8Array | null): MessageInput {
  const { topic, key, headers, partition, timestamp } = given;
  return { ...given, topic, key, headers, partition, timestamp, value } as MessageInput;
}

const partBytes = (part: unknown): number =>
  typeof part === 'string' || part instanceof Uint8Array ? Buffer.byteLength(part) : 0;

function headerBytes(headers: unknown): number {
  if (typeof headers !== 'object' || headers === null) return 0;
  let bytes = 0;
  for (const pair of pairsOf(headers))
    if (Array.isArray(pair)) bytes += HEADER_FRAME_BYTES + partBytes(pair[0]) + partBytes(pair[1]);
  return bytes;
}

const pairsOf = (headers: object): Iterable<unknown> =>
  Array.isArray(headers) || headers instanceof Map ? headers : Object.entries(headers);
