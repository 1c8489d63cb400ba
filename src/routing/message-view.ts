/** Gives route conditions access to a message, read once, whose headers are plain fields or a list, without encoding it. */

import { isBytes } from '../shared/message/given-bytes.ts';
import type { MessageInput } from '../shared/message/message.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Marks a value that is not JSON, so that no condition on a field of it holds. */
const NO_JSON = Symbol('no JSON');

export class Subject {
  readonly isError: boolean;
  readonly #message: MessageInput;
  #value: unknown;
  #isRead = false;

  constructor(message: MessageInput, isError: boolean) {
    this.#message = message;
    this.isError = isError;
  }

  /** Undefined where the message leaves the topic to its producer. */
  get topic(): string | undefined {
    return this.#message.topic;
  }

  /** Returns the values of every header of this name. A producer rejects headers of a wrong type, so they count as absent. */
  headers(name: string): (string | null)[] {
    const { headers } = this.#message;
    if (typeof headers !== 'object' || headers === null) return [];
    const pairs: Iterable<readonly [string, unknown]> = Array.isArray(headers) ? headers : own(headers, name);
    return [...pairs].filter((pair) => pair?.[0] === name).map(([, value]) => textOf(value));
  }

  /** Returns the value at the end of the path. Undefined where the path does not exist or the message's value is not JSON. */
  field(path: readonly string[]): unknown {
    let here = this.#json();
    for (const key of path) {
      if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
      here = asJson((here as Record<string, unknown>)[key], key);
    }
    return here;
  }

  /** Returns the value as the caller passed it; bytes are parsed as JSON once. */
  #json(): unknown {
    if (!this.#isRead) this.#value = readJson(this.#message.value);
    this.#isRead = true;
    return this.#value;
  }
}

const own = (headers: object, name: string): [string, unknown][] =>
  Object.hasOwn(headers, name) ? [[name, (headers as Record<string, unknown>)[name]]] : [];

/** Returns null for bytes that are not UTF-8, so that no wanted text equals them. */
function textOf(value: unknown): string | null {
  if (!isBytes(value)) return typeof value === 'string' ? value : null;
  try {
    return utf8.decode(value);
  } catch {
    return null;
  }
}

function readJson(value: unknown): unknown {
  if (!isBytes(value)) return asJson(value, '');
  try {
    return JSON.parse(utf8.decode(value));
  } catch {
    return NO_JSON;
  }
}

/** Applies `toJSON` as JSON does. After a restart the encoded form is examined, and must match the same route. */
function asJson(value: unknown, key: string): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const { toJSON } = Object(value) as { toJSON?: unknown };
  if (typeof value !== 'object' || typeof toJSON !== 'function') return value;
  try {
    return toJSON.call(value, key);
  } catch {
    return NO_JSON;
  }
}
