/** Encodes messages as requests according to the configuration. */

import { createHash } from 'node:crypto';
import { parseUrlTemplate, type UrlTemplate } from '../../config/schema/url-template.ts';
import { PermanentSendError } from '../../shared/errors.ts';
import { FLAG_ERROR, FLAG_JSON, RECORD_HEADER_BYTES, WORD } from '../../shared/memory/record.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';
import { CONTENT_TYPES, encodeValue, joined } from './body.ts';
import { isHeaderName, isHeaderValue, isOfTheConnection } from './fields.ts';
import { fillIn } from './placeholders.ts';
import type { HttpConfig } from './schema.ts';

type Header = readonly [name: string, value: string];

/** The part of a request that one message determines. */
export interface Outgoing {
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: readonly Header[];
  /** Null for a request without a body. */
  readonly body: Uint8Array | null;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Alternating names and values. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
}

const NONE: readonly Header[] = [];
const USER_AGENT: Header = ['user-agent', 'outspool'];
/** Length of a batch's idempotency key, in hexadecimal digits of the SHA-256 of its ids (128 bits). */
const BATCH_KEY_DIGITS = 32;

export class Encoder {
  readonly #config: HttpConfig;
  readonly #url: UrlTemplate;
  readonly #errorUrl: UrlTemplate;
  readonly #own: readonly Header[];
  readonly #ownNames: ReadonlySet<string>;
  /** Paths of messages and of error messages, where every message has the same ones and is sent as it is. */
  readonly #fixedPaths: readonly [path: string, errorPath: string] | undefined;
  readonly #forwards: boolean;
  /** Headers of a request of messages that add none, without the idempotency key: with a body, and without one. */
  readonly #fixedHeaders: Readonly<Record<'body' | 'bodiless', readonly string[]>>;
  readonly #keyHeader: string | undefined;

  constructor(config: HttpConfig) {
    this.#config = config;
    this.#url = parseUrlTemplate(config.url);
    this.#errorUrl = parseUrlTemplate(config.error_url ?? config.url);
    this.#own = [...Object.entries(config.headers ?? {}), ...authorization(config)];
    this.#ownNames = new Set(this.#own.map(([name]) => name.toLowerCase()));
    this.#forwards = config.forward_headers && !config.envelope && config.batch === undefined;
    const paths = [this.#url, this.#errorUrl].map(onlyPath) as [string | undefined, string | undefined];
    this.#fixedPaths = config.envelope || paths.includes(undefined) ? undefined : (paths as [string, string]);
    this.#fixedHeaders = { body: this.#withDefaults([], true), bodiless: this.#withDefaults([], false) };
    const { idempotency_header: name } = config;
    this.#keyHeader = name === false || this.#ownNames.has(name.toLowerCase()) ? undefined : name;
  }

  get origin(): string {
    return this.#url.origin;
  }

  /** Encodes one message. @throws PermanentSendError for a message that cannot become a request */
  outgoing(message: Message): Outgoing {
    const { method, tombstones, body, envelope } = this.#config;
    const path = fillIn(message.isError ? this.#errorUrl : this.#url, message);
    const headers = this.#forwards ? this.#forwarded(message) : NONE;
    const rest = { id: message.id, path, headers };
    if (message.value !== null || tombstones === 'body')
      return { ...rest, method, body: encodeValue(message, body, envelope) };
    if (tombstones === 'delete') return { ...rest, method: 'DELETE', body: null };
    throw new PermanentSendError("a tombstone: 'tombstones: refuse' takes none");
  }

  /**
   * Encodes message `index` straight from its record, without a copy. The bytes are valid until the message has settled. Returns
   * undefined for a message that `outgoing` has to look at.
   */
  packed(batch: Pick<Batch, 'memory' | 'offsets' | 'id'>, index: number): Outgoing | undefined {
    if (this.#fixedPaths === undefined) return undefined;
    const { memory } = batch;
    const at = batch.offsets[index] as number;
    const flags = wordAt(memory, at, WORD.flags);
    const length = wordAt(memory, at, WORD.valueLength);
    const isReady = (flags & FLAG_JSON) !== 0 || this.#config.body === 'raw';
    if (length < 0 || !isReady || (this.#forwards && wordAt(memory, at, WORD.headerCount) > 0)) return undefined;
    const from = at + RECORD_HEADER_BYTES + wordAt(memory, at, WORD.topicLength) + keyLengthAt(memory, at);
    const path = this.#fixedPaths[(flags & FLAG_ERROR) === 0 ? 0 : 1];
    const body = memory.subarray(from, from + length);
    return { id: batch.id(index), method: this.#config.method, path, headers: NONE, body };
  }

  #forwarded({ headers }: Message): Header[] {
    return headers
      .filter(([name]) => !isOfTheConnection(name) && !this.#ownNames.has(name.toLowerCase()))
      .map(([name, value]) => {
        // HTTP defines the bytes of a header as latin1, so they pass unchanged.
        const text = value === null ? '' : Buffer.from(value).toString('latin1');
        if (isHeaderName(name) && isHeaderValue(text)) return [name, text];
        const what = 'a name or value that no header of a request can have';
        throw new PermanentSendError(`a header with ${what}: 'forward_headers: false' leaves headers out`);
      });
  }

  /** Returns the request of one message, or of several that share a path. */
  request(set: readonly Outgoing[]): HttpRequest {
    const [{ method, path, body, headers }] = set as [Outgoing];
    const fixed = this.#fixedHeaders[body === null ? 'bodiless' : 'body'];
    const all = headers.length === 0 ? [...fixed] : this.#withDefaults(headers, body !== null);
    const name = this.#keyHeader;
    // A message's own header of this name counts.
    if (name !== undefined && !hasName(headers, name)) all.push(name, keyOf(set));
    return { method, path, headers: all, body: body && this.#bodyOf(set, body) };
  }

  /** Returns a request without side effects, with the configured headers. */
  harmless(): HttpRequest {
    const [path] = this.#url.parts;
    const isFixed = this.#url.parts.length === 1 && typeof path === 'string';
    return { method: 'HEAD', path: isFixed ? path : '/', headers: [...this.#own, USER_AGENT].flat(), body: null };
  }

  /** The memory of a record may be used again while its request is under way, so its bytes are copied. */
  #bodyOf(set: readonly Outgoing[], first: Uint8Array): Uint8Array {
    const { body, batch } = this.#config;
    if (batch === undefined && body !== 'ndjson')
      return first.buffer instanceof SharedArrayBuffer ? Buffer.from(first) : first;
    return joined(
      set.map((one) => one.body as Uint8Array),
      body,
    );
  }

  /** Returns the configured headers, those of the message, and defaults that are in neither, as alternating names and values. */
  #withDefaults(headers: readonly Header[], hasBody: boolean): string[] {
    const given = [...this.#own, ...headers];
    const defaults: Header[] = [USER_AGENT];
    if (hasBody) defaults.push(['content-type', CONTENT_TYPES[this.#config.body]]);
    return [...given, ...defaults.filter(([name]) => !hasName(given, name))].flat();
  }
}

const hasName = (headers: readonly Header[], wanted: string): boolean =>
  headers.length > 0 && headers.some(([name]) => name.toLowerCase() === wanted.toLowerCase());

/** Returns the path of a template without placeholders. */
const onlyPath = ({ parts }: UrlTemplate): string | undefined =>
  parts.length === 1 && typeof parts[0] === 'string' ? parts[0] : undefined;

/** Returns a number of the record that begins at `at`. See the layout in memory/record.ts. */
function wordAt(memory: Uint8Array, at: number, word: number): number {
  const from = at + word * Int32Array.BYTES_PER_ELEMENT;
  return halfAt(memory, from) | (halfAt(memory, from + 2) << 16);
}

const halfAt = (memory: Uint8Array, at: number): number => (memory[at] as number) | ((memory[at + 1] as number) << 8);

const keyLengthAt = (memory: Uint8Array, at: number): number => Math.max(0, wordAt(memory, at, WORD.keyLength));

/** Returns one message's id, or a digest of the ids of a batch. A batch of other messages has another key. */
function keyOf(set: readonly Outgoing[]): string {
  const ids = set.map(({ id }) => id);
  if (ids.length === 1) return ids[0] as string;
  return createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, BATCH_KEY_DIGITS);
}

function authorization({ auth }: HttpConfig): Header[] {
  if (auth?.bearer !== undefined) return [['authorization', `Bearer ${auth.bearer}`]];
  if (auth?.basic === undefined) return [];
  const { username, password } = auth.basic;
  return [['authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`]];
}
