/** A message as routes look at it: what it is about, without encoding it. It was read once, and its headers are fields or a list. */

import { isBytes } from '../shared/message/given-bytes.ts';
import type { MessageInput } from '../shared/message/message.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Nothing of the value can be asked for. */
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

  /** Undefined where the message leaves it to its producer. */
  get topic(): string | undefined {
    return this.#message.topic;
  }

  /** The values of every header of this name. Headers of a wrong type are none: whoever encodes them says so. */
  headers(name: string): (string | null)[] {
    const { headers } = this.#message;
    if (typeof headers !== 'object' || headers === null) return [];
    const pairs: Iterable<readonly [string, unknown]> = Array.isArray(headers) ? headers : own(headers, name);
    return [...pairs].filter((pair) => pair?.[0] === name).map(([, value]) => textOf(value));
  }

  /** What is at the end of the path; undefined where nothing is, or the value is no JSON. */
  field(path: readonly string[]): unknown {
    let here = this.#json();
    for (const key of path) {
      if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
      here = asJson((here as Record<string, unknown>)[key], key);
    }
    return here;
  }

  /** The value as the caller gave it; bytes are parsed, once. */
  #json(): unknown {
    if (!this.#isRead) this.#value = readJson(this.#message.value);
    this.#isRead = true;
    return this.#value;
  }
}

const own = (headers: object, name: string): [string, unknown][] =>
  Object.hasOwn(headers, name) ? [[name, (headers as Record<string, unknown>)[name]]] : [];

/** Bytes that are no text equal no text. */
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

/**
 * What JSON would make of a value, so that the same route is found for it when it is looked at again in its encoded form,
 * after a failure or a restart.
 */
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
