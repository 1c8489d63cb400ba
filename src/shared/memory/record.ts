/**
 * The packed form of one message. Records lie in shared memory, each at a multiple of 8 bytes; numbers are in the
 * machine's byte order, which is little endian wherever outspool runs.
 *
 *     0  u32  size of the whole record, a multiple of 8
 *     4  u32  flags (FLAG_*)
 *     8  u32  length of the topic; 0 = the producer's own topic, or its error topic
 *    12  i32  length of the key, -1 = no key
 *    16  i32  length of the value, -1 = no value (a tombstone)
 *    20  u32  length of the headers
 *    24  i32  partition, -1 = chosen from the key
 *    28  u32  number of headers
 *    32  f64  timestamp in ms since 1970, NaN = none
 *    40  topic, key, value, headers; each header is u32 name length, i32 value length (-1 = none), name, NUL, value
 */

import { Message } from '../message/message.ts';

export const RECORD_HEADER_BYTES = 40;

/** Positions of the numbers of a record, in 32-bit words from its beginning. */
export const WORD = {
  size: 0,
  flags: 1,
  topicLength: 2,
  keyLength: 3,
  valueLength: 4,
  headersLength: 5,
  partition: 6,
  headerCount: 7,
} as const;

/** The timestamp's position in 64-bit words from the record's beginning. */
export const TIMESTAMP_DOUBLE = 4;

/** The message is an error message. Without a topic of its own it goes to the error topic. */
export const FLAG_ERROR = 1;
/** A caller waits for the broker's report on this message. */
export const FLAG_REPORT = 2;
/** The message came by a route of the runtime. */
export const FLAG_ROUTED = 4;
/** The value was given as an object and written as JSON here, so that it is JSON on one line without a check. */
export const FLAG_JSON = 8;

/** Rounds up to a multiple of 8. Does not use bit operations, which fail from 2 GiB on. */
export const alignUp = (bytes: number): number => bytes + 7 - ((bytes + 7) % 8);

/** Maximum size of a record in bytes, because the lengths in a record are signed 32-bit numbers. */
export const LARGEST_RECORD = 2 ** 31 - 8;

/** Topics that stand for the empty topic of a record. */
export interface DefaultTopics {
  readonly topic: string;
  readonly errorTopic: string;
}

/** Typed views over one piece of memory that holds records. */
export class RecordMemory {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  constructor(memory: ArrayBufferLike, length = memory.byteLength) {
    this.bytes = Buffer.from(memory, 0, length);
    this.words = new Int32Array(memory, 0, length >>> 2);
    this.doubles = new Float64Array(memory, 0, length >>> 3);
  }

  sizeAt(offset: number): number {
    return this.words[(offset >>> 2) + WORD.size] as number;
  }

  flagsAt(offset: number): number {
    return this.words[(offset >>> 2) + WORD.flags] as number;
  }

  /** Whether the message at `offset` names no topic and so goes to its producer's. */
  hasDefaultTopic(offset: number): boolean {
    return this.words[(offset >>> 2) + WORD.topicLength] === 0;
  }

  /** Decodes the message at `offset` over a copy of its bytes, so that it stays valid when the record's memory is used again. */
  decode(offset: number, defaults: DefaultTopics, id = ''): Message {
    const word = (offset >>> 2) as number;
    const at = (index: number) => this.words[word + index] as number;
    const copy = Uint8Array.prototype.slice.call(this.bytes, offset, offset + at(WORD.size));
    const cursor = { bytes: Buffer.from(copy.buffer), offset: RECORD_HEADER_BYTES };
    const isError = (at(WORD.flags) & FLAG_ERROR) !== 0;
    const topic = take(cursor, at(WORD.topicLength))?.toString() || (isError ? defaults.errorTopic : defaults.topic);
    const timestamp = this.doubles[(offset >>> 3) + TIMESTAMP_DOUBLE] as number;
    const partition = at(WORD.partition);
    return new Message({
      id,
      topic,
      key: take(cursor, at(WORD.keyLength)),
      value: take(cursor, at(WORD.valueLength)),
      headers: takeHeaders(cursor, at(WORD.headerCount)),
      partition: partition < 0 ? null : partition,
      timestamp: Number.isNaN(timestamp) ? null : timestamp,
      isError,
    });
  }
}

/** One packed record: the memory that it lies in, and where it begins there, in bytes. */
export interface PackedRecord {
  readonly records: RecordMemory;
  readonly offset: number;
}

/** The record in a copy of its bytes, as the worker sends it. */
export const packedIn = (bytes: Uint8Array): PackedRecord => ({
  records: new RecordMemory(new Uint8Array(bytes).buffer),
  offset: 0,
});

interface Cursor {
  readonly bytes: Buffer;
  offset: number;
}

/** Takes the next `length` bytes; null where the length is negative, which means that there are none. */
function take(cursor: Cursor, length: number): Buffer | null {
  if (length < 0) return null;
  const part = cursor.bytes.subarray(cursor.offset, cursor.offset + length);
  cursor.offset += length;
  return part;
}

function takeHeaders(cursor: Cursor, count: number): [string, Uint8Array | null][] {
  return Array.from({ length: count }, () => {
    const nameLength = cursor.bytes.readUInt32LE(cursor.offset);
    const valueLength = cursor.bytes.readInt32LE(cursor.offset + 4);
    cursor.offset += 8;
    const name = take(cursor, nameLength)?.toString() ?? '';
    cursor.offset += 1;
    return [name, take(cursor, valueLength)];
  });
}
