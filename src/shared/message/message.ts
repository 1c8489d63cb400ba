/** A message as the caller gives it, and as `_send` sees it. */

import { lineOf, type MessageLine, type MessageParts, partsOf } from './message-json.ts';

export type { MessageParts } from './message-json.ts';

/**
 * Any value that JSON can say: plain objects, lists, and instances of classes with fields of their own, as `JSON.stringify`
 * writes them. Objects with `toJSON` (a Date, a URL) count as what they become. Anything that JSON would write as something
 * empty or as a part of itself, at whatever depth, is refused: a Map, Set, Error, URLSearchParams, an ArrayBuffer or a typed
 * array. Within a value functions, symbols and undefined are left out, NaN and infinite numbers become `null`, -0 becomes 0.
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
 * What a type looks like once all that JSON cannot say is taken out of it: functions, symbols and bigint, at whatever depth. A class
 * with methods needs a `toJSON`, or is given as `{ ...order }`. Of `unknown` and `any` the types say nothing; the call checks it.
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
 * What `produce`, `enqueue` and `send` take. Each field is read once, in the turn of the call; bytes of a message that waits for
 * room are copied, so that the message is what it was at the call. A message of 2 GiB or more is refused.
 */
export interface MessageInput {
  /** Where to. @default the producer's configured topic, which defaults to its name */
  readonly topic?: string;
  /** Messages with the same key keep their order. Strings are encoded as UTF-8. @default none */
  readonly key?: string | Uint8Array | null;
  /** Bytes (a Uint8Array or Buffer) as they are, anything else as JSON; `null` is a tombstone. */
  readonly value: unknown;
  readonly headers?: Headers;
  /** A partition of the topic. @default chosen from the key */
  readonly partition?: number;
  /** When it happened: a Date, or milliseconds since 1970, at least 1. @default when it is sent */
  readonly timestamp?: number | Date;
}

/** A value that can be sent: bytes, a tombstone, or JSON; not `undefined` by itself, which every call refuses. */
export type Sendable<V> = V &
  (unknown extends V ? V : [V] extends [undefined] ? never : V extends Uint8Array | null ? V : Jsonable<V>);

/** A message whose value the compiler checks; it infers `V`. */
export interface MessageOf<V> extends MessageInput {
  readonly value: Sendable<V>;
}

/** Errors that go where everything else goes say so in a header of this name. */
export const ERROR_HEADER = 'outspool-is-error';

const utf8 = new TextDecoder();

/** One message as `_send` sees it: a view over a copy of its record. */
export class Message implements MessageParts {
  /**
   * Names the message and no other one, for receivers that tell repetitions by it: the same in every attempt, through resets
   * and worker deaths, and with a spool through restarts of the process. Also in reports and dead letters; a dead letter that is replayed
   * keeps it. Empty where it is not known: of a message that a spool still has when its producer ends.
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

  /** The whole message as an object for `JSON.stringify`: the lines of docs/files.md. `fromJSON` gives the very same bytes. */
  toJSON(): MessageLine {
    return lineOf(this);
  }

  /** The message that `toJSON` has made such an object of. @throws TypeError when it is none */
  static fromJSON(line: MessageLine): Message {
    return new Message(partsOf(line));
  }
}

/** A message as its caller once gave it, but that its topic may have been left to the producer. */
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

/** The producer puts the mark behind the caller's headers, and would do so twice. */
function withoutMark(headers: Message['headers']): Message['headers'] {
  return headers.at(-1)?.[0] === ERROR_HEADER ? headers.slice(0, -1) : headers;
}
