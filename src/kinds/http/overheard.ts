/**
 * Watches the bytes that a server sends on a connection, because undici drops parts of them.
 *
 * - undici reports an answer that it cannot parse as an error without a status. The status line is kept here.
 * - undici closes a connection on a `100 Continue` that it did not ask for, although the final answer follows. Interim answers
 *   (1xx except 101) are removed here, and never count as the answer.
 * - TLS 1.3 refuses a client's certificate by an alert after the handshake. undici reports only that the connection ended.
 */

import type { Socket } from 'node:net';
import { codeOf } from './failures.ts';

/** State of a connection when it failed. */
export interface Heard {
  /** Status of the final answer to the latest request. Undefined when no status line of it was received. */
  readonly status: number | undefined;
  /** Whether the server had closed the connection. */
  readonly ended: boolean;
  /** Code of the TLS alert that was received. */
  readonly alert: string | undefined;
}

const STATUS_LINE = /^HTTP\/\d\.\d (\d{3})(?!\d)/;
const SWITCHED = 101;
/** Status line of an interim answer, which the final answer follows. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d\D/;
const BEGIN_BYTES = 13;
const HEAD_END = '\r\n\r\n';
/** Maximum size of an interim answer, in bytes. A longer one is passed to undici. */
const LONGEST_INTERIM = 16 * 1024;
/** Number of interim answers that are removed for one request. Further ones are passed to undici. */
const MOST_INTERIMS = 1000;
const NOTHING = Buffer.alloc(0);

/** State of a connection by the error with which it failed. */
const byError = new WeakMap<object, Heard>();

export const heardOf = (error: unknown): Heard | undefined => byError.get(Object(error));

export function listenTo(socket: Socket): void {
  const ears = new Ears(socket);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => ears.passed(() => read(size));
  socket.write = new Proxy(socket.write, {
    apply(write, self, args) {
      ears.asked();
      return Reflect.apply(write, self, args);
    },
  });
  socket.on('error', (error) => ears.failed(error));
}

class Ears {
  readonly #socket: Socket;
  /** `begins` lasts until the final answer's status line is complete, with the interim answers before it. */
  #phase: 'begins' | 'follows' = 'begins';
  #begun: Buffer = NOTHING;
  #interims = 0;
  #status: number | undefined;
  #alert: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** A request is being written, so that the next bytes answer it. */
  asked(): void {
    if (this.#phase === 'begins') return;
    this.#phase = 'begins';
    this.#interims = 0;
    this.#status = undefined;
  }

  /** Returns the bytes of `read` for undici, without interim answers. It is a loop, because a burst may hold thousands. */
  passed(read: () => Buffer | null): Buffer | null {
    let chunk = read();
    for (; chunk !== null && this.#phase === 'begins'; chunk = read()) {
      const bytes = this.#withoutInterim(Buffer.concat([this.#begun, chunk]));
      if (bytes.length > 0) return bytes;
    }
    return chunk;
  }

  /** Returns an empty buffer while only interim answers, or the beginning of an answer, have been received. */
  #withoutInterim(bytes: Buffer): Buffer {
    let at = 0;
    let length = interimLength(bytes);
    for (; typeof length === 'number' && length > 0 && this.#interims < MOST_INTERIMS; this.#interims++) {
      at += length;
      length = interimLength(bytes.subarray(at));
    }
    const rest = bytes.subarray(at);
    const isWaiting = length === 'unknown';
    this.#begun = isWaiting ? rest : NOTHING;
    if (isWaiting) return NOTHING;
    this.#phase = 'follows';
    this.#status = statusOf(rest);
    return rest;
  }

  failed(error: Error): void {
    const code = codeOf(error);
    if (code.includes('ALERT')) this.#alert ??= code;
    const ended = this.#socket.readableEnded || code === 'ECONNRESET';
    byError.set(error, { status: this.#status, ended, alert: this.#alert });
  }
}

/** Returns undefined for an interim answer, and for bytes that are no status line. */
function statusOf(bytes: Buffer): number | undefined {
  const status = Number(STATUS_LINE.exec(bytes.toString('latin1', 0, 16))?.[1] ?? 0);
  return status >= 200 || status === SWITCHED ? status : undefined;
}

/** Returns the length in bytes of the interim answer at the beginning, or 0. Returns `unknown` until more bytes are received. */
function interimLength(bytes: Buffer): number | 'unknown' {
  const begin = bytes.toString('latin1', 0, BEGIN_BYTES);
  if (begin.length < BEGIN_BYTES) return 'HTTP/1.'.startsWith(begin.slice(0, 7)) ? 'unknown' : 0;
  if (!INTERIM.test(begin)) return 0;
  const end = bytes.indexOf(HEAD_END);
  if (end >= 0) return end + HEAD_END.length;
  return bytes.length < LONGEST_INTERIM ? 'unknown' : 0;
}
