/**
 * Reads along what a server answers on a connection, because undici drops parts of it:
 *
 * - An answer that it cannot parse is an error without a status. The status line is kept here.
 * - A `100 Continue` that was not asked for ends the connection, although the final answer follows. It is taken out here.
 * - The alert by which TLS 1.3 refuses a client's certificate comes after the handshake. undici reports only the end.
 */

import type { Socket } from 'node:net';
import { codeOf } from './failures.ts';

/** What had come on a connection when it failed. */
export interface Heard {
  /** Of the answer to the latest request; undefined when no status line had come. */
  readonly status: number | undefined;
  /** Whether the server had closed the connection. */
  readonly ended: boolean;
  /** The TLS alert that came, by its code. */
  readonly alert: string | undefined;
}

const STATUS_LINE = /^HTTP\/\d\.\d (\d{3})(?!\d)/;
const CONTINUE = 'HTTP/1.1 100';
const HEAD_END = '\r\n\r\n';
/** A longer interim answer is left to undici. */
const LONGEST_INTERIM = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** What had been heard when a connection failed with an error. */
const byError = new WeakMap<object, Heard>();

export const heardOf = (error: unknown): Heard | undefined => byError.get(Object(error));

export function listenTo(socket: Socket): void {
  const ears = new Ears(socket);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => ears.passed(read(size), () => read(size));
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
  #status: number | undefined;
  #alert: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** A request is written: what comes next answers it. */
  asked(): void {
    if (this.#phase === 'begins') return;
    this.#phase = 'begins';
    this.#status = undefined;
  }

  /** What undici gets of a chunk. `next` reads the following one. */
  passed(chunk: Buffer | null, next: () => Buffer | null): Buffer | null {
    if (chunk === null || this.#phase === 'follows') return chunk;
    const bytes = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    this.#begun = NOTHING;
    const interim = interimLength(bytes);
    if (interim === 'unknown') {
      this.#begun = bytes;
      return this.passed(next(), next);
    }
    if (interim > 0) return this.#after(bytes.subarray(interim), next);
    this.#phase = 'follows';
    this.#status = statusOf(bytes);
    return bytes;
  }

  #after(rest: Buffer, next: () => Buffer | null): Buffer | null {
    return this.passed(rest.length > 0 ? rest : next(), next);
  }

  failed(error: Error): void {
    const code = codeOf(error);
    if (code.includes('ALERT')) this.#alert ??= code;
    const ended = this.#socket.readableEnded || code === 'ECONNRESET';
    byError.set(error, { status: this.#status, ended, alert: this.#alert });
  }
}

function statusOf(bytes: Buffer): number | undefined {
  const status = STATUS_LINE.exec(bytes.toString('latin1', 0, 16))?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Length in bytes of the `100 Continue` that these begin with; `unknown` until more has come. */
function interimLength(bytes: Buffer): number | 'unknown' {
  const begin = bytes.toString('latin1', 0, CONTINUE.length).replace('HTTP/1.0', 'HTTP/1.1');
  if (!CONTINUE.startsWith(begin)) return 0;
  const end = begin.length < CONTINUE.length ? -1 : bytes.indexOf(HEAD_END);
  if (end >= 0) return end + HEAD_END.length;
  return bytes.length < LONGEST_INTERIM ? 'unknown' : 0;
}
