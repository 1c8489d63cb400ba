/** A message as the caller passes it, and as `_send` gets it. */

import { lineOf, type MessageLine, type MessageParts, partsOf } from './message-json.ts';

export type { MessageParts } from './message-json.ts';

/**
 * Any value that JSON can represent: plain objects, lists, and instances of classes with fields of their own, as `JSON.stringify`
 * writes them. Objects with `toJSON` (a Date, a URL) count as their result. Anything that JSON would write as something empty or
 * only in part is refused at any depth: a Map, Set, Error, URLSearchParams, ArrayBuffer or typed array. Within a value functions,
 * symbols and undefined are left out, NaN and infinite numbers become `null`, -0 becomes 0.
 */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }
  | { toJSON(): unknown };

/**
 * A type without everything that JSON cannot represent: functions, symbols and bigint, at any depth. A class with methods needs a
 * `toJSON`, or is passed as `{ ...order }`. The types cannot check `unknown` and `any`, so the call checks them.
 */
export type Jsonable<T> = unknown extends T
  ? T
  : T extends JsonValue | undefined
    ? T
    : T extends
          | symbol
          | bigint
          | ((...parameters: never[]) => unknown)
          | (abstract new (
              ...parameters: never[]
            ) => unknown)
      ? never
      : { [K in keyof T]: Jsonable<T[K]> };

/** A header's value; `null` is a header without a value. */
export type HeaderValue = string | Uint8Array | null;

/** Headers: an object, or pairs where order or repeated names matter. In JavaScript also a Map, `Headers`, and any iterable of pairs. */
export type Headers = Readonly<Record<string, HeaderValue>> | ReadonlyArray<readonly [string, HeaderValue]>;

/**
 * The input of `produce`, `enqueue` and `send`. Each field is read once, in the turn of the call. Bytes of a message that waits for
 * capacity are copied, so that the message stays as it was at the call. A message of 2 GiB or more is refused.
 */
export interface MessageInput {
  /** The topic. @default the producer's configured topic, which defaults to its name */
  readonly topic?: string;
  /** Messages with the same key keep their order. Strings are encoded as UTF-8. @default none */
  readonly key?: string | Uint8Array | null;
  /** Bytes (a Uint8Array or Buffer) are sent as they are, anything else as JSON; `null` is a tombstone. */
  readonly value: unknown;
  readonly headers?: Headers;
  /** A partition of the topic. @default chosen from the key */
  readonly partition?: number;
  /** The time of the event: a Date, or milliseconds since 1970, at least 1. @default when it is sent */
  readonly timestamp?: number | Date;
}

/** A value that can be sent: bytes, a tombstone, or JSON. It is not `undefined` by itself, which every call refuses. */
export type Sendable<V> = V &
  (unknown extends V ? V : [V] extends [undefined] ? never : V extends Uint8Array | null ? V : Jsonable<V>);

/** A message whose value the compiler checks; it infers `V`. */
export interface MessageOf<V> extends MessageInput {
  readonly value: Sendable<V>;
}

/** Name of the header that marks error messages where they have the same topic as all others. */
export const ERROR_HEADER = 'outspool-is-error';

const utf8 = new TextDecoder();

/** One message as `_send` gets it, over a copy of its record. */
export class Message implements MessageParts {
  /**
   * Identifies the message, so that receivers can recognize duplicates. It is the same in every attempt, through resets and worker
   * crashes, and with a spool through restarts of the process. Reports and dead letters have it, too, and a replayed dead letter
   * keeps it. No other message has it. Empty where it is not known, which is so for messages that are still in a spool when their
   * producer ends.
   */
  readonly id: string;
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyArray<readonly [string, Uint8Array | null]>;
  readonly partition: number | null;
  /** Milliseconds since 1970, or null where the caller gave none. */
  readonly timestamp: number | null;
  readonly isError: boolean;

  constructor(parts: MessageParts) {
    this.id = parts.id ?? '';
    this.topic = parts.topic;
    this.key = parts.key;
    this.value = parts.value;
    this.headers = parts.headers;
    this.partition = parts.partition;
    this.timestamp = parts.timestamp;
    this.isError = parts.isError;
  }

  /** The value as text, decoded as UTF-8; null for a tombstone. */
  text(): string | null {
    return this.value === null ? null : utf8.decode(this.value);
  }

  /** The value parsed as JSON; null for a tombstone. @throws SyntaxError when it is not JSON */
  json(): unknown {
    const text = this.text();
    return text === null ? null : JSON.parse(text);
  }

  /** Returns the whole message as an object for `JSON.stringify`: a line of docs/kinds/files.md. `fromJSON` restores the very same bytes. */
  toJSON(): MessageLine {
    return lineOf(this);
  }

  /** Restores a message from the result of `toJSON`. @throws TypeError when it is none */
  static fromJSON(line: MessageLine): Message {
    return new Message(partsOf(line));
  }
}

/** Returns the message as its caller once passed it, except that it has the producer's topic where the caller gave none. */
export function inputOf({ topic, key, value, headers, partition, timestamp, isError }: Message): MessageInput {
  return {
    topic,
    key,
    value,
    headers: isError ? withoutMark(headers) : headers,
    ...(partition !== null && { partition }),
    ...(timestamp !== null && { timestamp }),
  };
}

/** Removes the mark of an error message. The producer appends it to the caller's headers, and would do so twice. */
function withoutMark(headers: Message['headers']): Message['headers'] {
  return headers.at(-1)?.[0] === ERROR_HEADER ? headers.slice(0, -1) : headers;
}
