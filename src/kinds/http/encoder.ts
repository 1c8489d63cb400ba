/** Encodes messages as requests according to the configuration. */

import { createHash } from 'node:crypto';
import { parseUrlTemplate, type UrlTemplate } from '../../config/schema/url-template.ts';
import { PermanentSendError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';
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

const USER_AGENT: Header = ['user-agent', 'outspool'];
/** Length of a batch's idempotency key, in hexadecimal digits of the SHA-256 of its ids (128 bits). */
const BATCH_KEY_DIGITS = 32;

export class Encoder {
  readonly #config: HttpConfig;
  readonly #url: UrlTemplate;
  readonly #errorUrl: UrlTemplate;
  readonly #own: readonly Header[];
  readonly #ownNames: ReadonlySet<string>;

  constructor(config: HttpConfig) {
    this.#config = config;
    this.#url = parseUrlTemplate(config.url);
    this.#errorUrl = parseUrlTemplate(config.error_url ?? config.url);
    this.#own = [...Object.entries(config.headers ?? {}), ...authorization(config)];
    this.#ownNames = new Set(this.#own.map(([name]) => name.toLowerCase()));
  }

  get origin(): string {
    return this.#url.origin;
  }

  /** Encodes one message. @throws PermanentSendError for a message that cannot become a request */
  outgoing(message: Message): Outgoing {
    const { method, tombstones, body, envelope, forward_headers, batch } = this.#config;
    const path = fillIn(message.isError ? this.#errorUrl : this.#url, message);
    const headers = forward_headers && !envelope && batch === undefined ? this.#forwarded(message) : [];
    const rest = { id: message.id, path, headers };
    if (message.value !== null || tombstones === 'body')
      return { ...rest, method, body: encodeValue(message, body, envelope) };
    if (tombstones === 'delete') return { ...rest, method: 'DELETE', body: null };
    throw new PermanentSendError("a tombstone: 'tombstones: refuse' takes none");
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
    const given = [...this.#own, ...headers];
    const names = new Set(given.map(([name]) => name.toLowerCase()));
    const added = this.#defaults(set).filter(([name]) => !names.has(name.toLowerCase()));
    return { method, path, headers: [...given, ...added].flat(), body: body && this.#bodyOf(set, body) };
  }

  /** Returns a request without side effects, with the configured headers. */
  harmless(): HttpRequest {
    const [path] = this.#url.parts;
    const isFixed = this.#url.parts.length === 1 && typeof path === 'string';
    return { method: 'HEAD', path: isFixed ? path : '/', headers: [...this.#own, USER_AGENT].flat(), body: null };
  }

  #bodyOf(set: readonly Outgoing[], first: Uint8Array): Uint8Array {
    const { body, batch } = this.#config;
    if (batch === undefined && body !== 'ndjson') return first;
    return joined(
      set.map((one) => one.body as Uint8Array),
      body,
    );
  }

  #defaults(set: readonly Outgoing[]): Header[] {
    const { body, idempotency_header } = this.#config;
    return [
      USER_AGENT,
      ...(set[0]?.body === null ? [] : [['content-type', CONTENT_TYPES[body]] as const]),
      ...(idempotency_header === false ? [] : [[idempotency_header, keyOf(set)] as const]),
    ];
  }
}

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
