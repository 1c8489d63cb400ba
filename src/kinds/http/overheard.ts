/**
 * Reads along what a server answers on a connection, because undici drops parts of it:
 *
 * - An answer that it cannot parse is an error without a status. The status line is kept here.
 * - A `100 Continue` that was not asked for ends the connection, although the final answer follows. Interim answers (1xx but
 *   101) are taken out here, and never count as the answer.
 * - The alert by which TLS 1.3 refuses a client's certificate comes after the handshake. undici reports only the end.
 */

import type { Socket } from 'node:net';
import { codeOf } from './failures.ts';

/** What had come on a connection when it failed. */
export interface Heard {
  /** Of the final answer to the latest request; undefined when no status line of one had come. */
  readonly status: number | undefined;
  /** Whether the server had closed the connection. */
  readonly ended: boolean;
  /** The TLS alert that came, by its code. */
  readonly alert: string | undefined;
}

const STATUS_LINE = /^HTTP\/\d\.\d (\d{3})(?!\d)/;
const SWITCHED = 101;
/** The status line of an interim answer, which the final one follows. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d\D/;
const BEGIN_BYTES = 13;
const HEAD_END = '\r\n\r\n';
/** A longer interim answer is left to undici. */
const LONGEST_INTERIM = 16 * 1024;
/** Interim answers that one request may have. More are left to undici. */
const MOST_INTERIMS = 1000;
const NOTHING = Buffer.alloc(0);

/** What had been heard when a connection failed with an error. */
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
  /** `begins`: the status line, or an interim answer before it, is not whole. */
  #phase: 'begins' | 'follows' = 'begins';
  #begun: Buffer = NOTHING;
  #interims = 0;
  #status: number | undefined;
  #alert: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** A request is written: what comes next answers it. */
  asked(): void {
    if (this.#phase === 'begins') return;
    this.#phase = 'begins';
    this.#interims = 0;
    this.#status = undefined;
  }

  /** What undici gets of what `read` returns: all but the interim answers. A loop, as a burst may hold thousands of them. */
  passed(read: () => Buffer | null): Buffer | null {
    let chunk = read();
    for (; chunk !== null && this.#phase === 'begins'; chunk = read()) {
      const bytes = this.#withoutInterim(Buffer.concat([this.#begun, chunk]));
      if (bytes.length > 0) return bytes;
    }
    return chunk;
  }

  /** Empty where no more than interim answers, or the beginning of an answer, has come. */
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

/** Undefined for an interim answer, and for what is no status line. */
function statusOf(bytes: Buffer): number | undefined {
  const status = Number(STATUS_LINE.exec(bytes.toString('latin1', 0, 16))?.[1] ?? 0);
  return status >= 200 || status === SWITCHED ? status : undefined;
}

/** Length in bytes of the interim answer that these begin with, or 0; `unknown` until more has come. */
function interimLength(bytes: Buffer): number | 'unknown' {
  const begin = bytes.toString('latin1', 0, BEGIN_BYTES);
  if (begin.length < BEGIN_BYTES) return 'HTTP/1.'.startsWith(begin.slice(0, 7)) ? 'unknown' : 0;
  if (!INTERIM.test(begin)) return 0;
  const end = bytes.indexOf(HEAD_END);
  if (end >= 0) return end + HEAD_END.length;
  return bytes.length < LONGEST_INTERIM ? 'unknown' : 0;
}
