/** Packs a message into a record. It is validated and encoded once, on the caller's thread, straight into its slot. */

import { assertSteady, byteLengthOf, ownBytes } from '../message/given-bytes.ts';
import { type HeaderPair, packHeaders } from '../message/headers.ts';
import type { MessageInput } from '../message/message.ts';
import {
  assertMessage,
  encodedValue,
  type Part,
  validKey,
  validPartition,
  validTimestamp,
  validTopic,
} from '../message/message-fields.ts';
import { invalid, unreadable } from '../message/refusal.ts';
import {
  alignUp,
  FLAG_JSON,
  LARGEST_RECORD,
  RECORD_HEADER_BYTES,
  type RecordMemory,
  TIMESTAMP_DOUBLE,
  WORD,
} from './record.ts';

/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const MAX_UTF8 = 3;
const NO_HEADERS = Buffer.alloc(0);
const NOTHING = {};

/** A message that is being packed, for the code that adds headers to it. */
export interface InjectionInput {
  /** Empty if the message names no topic. */
  readonly topic: string;
  readonly headers: readonly HeaderPair[];
  /** Returns the size of the value in bytes. */
  valueSize(): number;
}

/** Adds headers to a message, such as the context of a trace. It is called once for each message, and must not throw. */
export interface HeaderInjector {
  inject(message: InjectionInput): readonly HeaderPair[];
}

/** Headers in addition to those of the caller. */
export interface AddedHeaders {
  /** The last header. @default none */
  readonly mark?: HeaderPair | undefined;
  /** @default none */
  readonly injector?: HeaderInjector | undefined;
}

const bound = (part: Part): number =>
  part === null ? 0 : typeof part === 'string' ? part.length * MAX_UTF8 : byteLengthOf(part);

const exact = (part: Part): number =>
  part === null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : byteLengthOf(part);

/** Length of bytes; 0 for a text, which cannot change. */
const lengthOf = (part: Part): number => (part === null || typeof part === 'string' ? 0 : byteLengthOf(part));

/**
 * Holds one prepared message until it is written. There are two steps, so that memory is found before anything is written. Each
 * producer has one instance, so that no writer is made for a message.
 */
export class RecordWriter {
  #topic = '';
  #key: Part = null;
  #value: Part = null;
  #headers: Buffer = NO_HEADERS;
  #headerCount = 0;
  #partition = -1;
  #timestamp = Number.NaN;

  /**
   * Takes a message, with further headers where they are given. Everything that can fail is done here. A prepared message can be
   * written as long as no code of its caller has run since. @throws InvalidMessageError when it cannot be encoded
   */
  prepare(input: MessageInput, added: AddedHeaders = NOTHING): void {
    try {
      this.#prepare(input, added);
    } catch (error) {
      throw unreadable('the message cannot be read', error);
    }
  }

  /** Reads each field once. This object's fields are set at the end, because code of the caller may produce another message. */
  #prepare(input: MessageInput, { mark, injector }: AddedHeaders): void {
    assertMessage(input);
    const { topic } = input;
    const ownTopic = topic === undefined ? '' : validTopic(topic);
    const ownKey = validKey(input.key);
    const keyLength = lengthOf(ownKey);
    const encoded = encodedValue(input.value, input);
    const valueLength = lengthOf(encoded);
    const added =
      injector && ((headers: readonly HeaderPair[]) => injector.inject(injectionInput(ownTopic, headers, encoded)));
    const packed = mark || added ? packHeaders(input.headers, { mark, added }) : packHeaders(input.headers, NOTHING);
    const number = validPartition(input.partition);
    const ms = validTimestamp(input.timestamp);
    if (typeof ownKey === 'object' && ownKey !== null) assertSteady(ownKey, keyLength, 'key');
    if (typeof encoded === 'object' && encoded !== null) assertSteady(encoded, valueLength, 'value');
    this.#topic = ownTopic;
    this.#key = ownKey;
    this.#value = encoded;
    this.#headers = packed.bytes;
    this.#headerCount = packed.count;
    this.#partition = number;
    this.#timestamp = ms;
    this.#assertSize();
  }

  #assertSize(): void {
    if (this.sizeBound <= LARGEST_RECORD) return;
    const size = this.exactSize;
    if (size <= LARGEST_RECORD) return;
    this.clear();
    throw invalid(`a message of ${size} bytes (packed) can never be sent: at most ${LARGEST_RECORD}`);
  }

  /** Upper bound of the record's size in bytes; cheap to compute. */
  get sizeBound(): number {
    return this.#size(bound);
  }

  /** Exact size of the record in bytes. */
  get exactSize(): number {
    return this.#size(exact);
  }

  #size(measure: (part: Part) => number): number {
    const parts = measure(this.#topic) + measure(this.#key) + measure(this.#value) + this.#headers.length;
    return alignUp(RECORD_HEADER_BYTES + parts);
  }

  /** Keeps copies of the caller's bytes, for a message that is not written in the turn of its call. @throws InvalidMessageError */
  own(): void {
    if (typeof this.#key === 'object' && this.#key !== null) this.#key = ownBytes(this.#key, 'key');
    if (typeof this.#value === 'object' && this.#value !== null) this.#value = ownBytes(this.#value, 'value');
  }

  /** Writes the prepared message at `offset`, where enough memory must be free. Returns the record's size in bytes. */
  write(memory: RecordMemory, offset: number, flags: number): number {
    const { words, bytes } = memory;
    const word = offset >>> 2;
    let end = offset + RECORD_HEADER_BYTES;
    end += words[word + WORD.topicLength] = this.#topic === '' ? 0 : put(bytes, end, this.#topic);
    end += putOptional(memory, word + WORD.keyLength, end, this.#key);
    end += putOptional(memory, word + WORD.valueLength, end, this.#value);
    end += words[word + WORD.headersLength] = this.#headers.copy(bytes, end);
    // Bytes of the caller stay bytes. A text is what JSON.stringify has made of any other value.
    words[word + WORD.flags] = typeof this.#value === 'string' ? flags | FLAG_JSON : flags;
    words[word + WORD.partition] = this.#partition;
    words[word + WORD.headerCount] = this.#headerCount;
    memory.doubles[(offset >>> 3) + TIMESTAMP_DOUBLE] = this.#timestamp;
    const size = alignUp(end - offset);
    words[word + WORD.size] = size;
    return size;
  }

  /** Releases the caller's values, because a prepared message may hold megabytes. */
  clear(): void {
    this.#key = this.#value = null;
    this.#headers = NO_HEADERS;
  }
}

const injectionInput = (topic: string, headers: readonly HeaderPair[], value: Part): InjectionInput => ({
  topic,
  headers,
  valueSize: () => exact(value),
});

function put(bytes: Buffer, offset: number, part: string | Uint8Array): number {
  if (typeof part === 'string') return bytes.write(part, offset);
  bytes.set(part, offset);
  return byteLengthOf(part);
}

function putOptional(memory: RecordMemory, lengthWord: number, offset: number, part: Part): number {
  const length = part === null ? -1 : put(memory.bytes, offset, part);
  memory.words[lengthWord] = length;
  return Math.max(length, 0);
}
