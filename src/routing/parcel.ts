/** A message for several producers: encoded once, and weighed, so that all of them can be asked before any of them takes it. */

import type { MessageInput } from '../message.ts';
import { encodeValue, RecordWriter } from '../queue/record-writer.ts';

export interface Parcel {
  /** With its value as bytes. */
  readonly message: MessageInput;
  readonly isError: boolean;
  /** What it takes in a queue, at the most. */
  readonly bytes: number;
}

/** A header that some producers put behind those of an error. */
const MARK_BYTES = 64;

const writer = new RecordWriter();

/** @throws InvalidMessageError when it cannot be encoded */
export function parcelOf(given: MessageInput, isError: boolean): Parcel {
  const message = withValue(given, encodeValue(given));
  try {
    writer.prepare(message);
    return { message, isError, bytes: writer.exactSize + (isError ? MARK_BYTES : 0) };
  } finally {
    writer.clear();
  }
}

/** A copy of all fields, also of those that a class inherits and of those that are unknown, which the writer refuses. */
function withValue(given: MessageInput, encoded: string | Uint8Array | null): MessageInput {
  const { topic, key, headers, partition, timestamp } = given;
  const value = typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
  return { ...given, topic, key, headers, partition, timestamp, value } as MessageInput;
}
