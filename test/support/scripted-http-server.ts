/** An HTTP server over plain sockets that answers as a test says: well, badly, halfway, with garbage, or not at all. */

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  /** As they were sent, in order. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Which connection it came over, counted from 0. */
  readonly connection: number;
  /** As `performance.now()` counts. */
  readonly at: number;
}

/** `hang`: nothing ever comes. `close`: the connection ends without a word. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** These bytes, and then the end of the connection; or silence, where `end` is false. */
  | { readonly raw: string | Buffer; readonly end?: boolean }
  | 'hang'
  | 'close';

/** `attempt` counts from 1 how often the same request has come, told by its Idempotency-Key or else by its body. */
export type Answer = (request: ReceivedRequest, attempt: number) => Reply | Promise<Reply>;

export const OK: Reply = { status: 200, body: 'ok' };

export class ScriptedHttpServer {
  readonly requests: ReceivedRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #attempts = new Map<string, number>();
  connections = 0;
  /** What it answers; may be changed at any time. */
  answer: Answer;
  #port = 0;
  readonly #scheme: string;

  private constructor(answer: Answer, tls?: TlsOptions) {
    this.answer = answer;
    this.#scheme = tls === undefined ? 'http' : 'https';
    const accept = (socket: Socket) => this.#accept(socket);
    this.#server =
      tls === undefined ? createServer(accept) : createTlsServer(tls, accept).on('tlsClientError', () => {});
  }

  static async start(answer: Answer = () => OK, options: { tls?: TlsOptions; port?: number } = {}) {
    const server = new ScriptedHttpServer(answer, options.tls);
    await server.#listen(options.port ?? 0);
    return server;
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Without a path. */
  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** The bodies that were answered, or not, in the order in which they came. */
  get bodies(): string[] {
    return this.requests.map(({ body }) => body.toString());
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const connection = this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    let bytes = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      for (let taken = parse(bytes, connection); taken !== undefined; taken = parse(bytes, connection)) {
        bytes = bytes.subarray(taken.length);
        this.requests.push(taken.request);
        void this.#reply(socket, taken.request);
      }
    });
  }

  async #reply(socket: Socket, request: ReceivedRequest): Promise<void> {
    const key = request.headers.get('idempotency-key') ?? request.body.toString();
    const attempt = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempt);
    const reply = await this.answer(request, attempt);
    if (reply === 'hang' || socket.destroyed) return;
    if (reply === 'close') socket.destroy();
    else if ('raw' in reply) this.#raw(socket, reply);
    else socket.write(whole(reply, request.method));
  }

  #raw(socket: Socket, { raw, end = true }: { raw: string | Buffer; end?: boolean }): void {
    socket.write(raw);
    if (end) socket.end();
  }
}

function whole({ status, headers = {}, body = '' }: Extract<Reply, { status: number }>, method: string): string {
  const all = { 'content-type': 'text/plain', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} x\r\n${lines.join('')}\r\n${method === 'HEAD' ? '' : body}`;
}

/** The request at the beginning of the bytes, once it is whole; its body by its Content-Length. */
function parse(bytes: Buffer, connection: number): { request: ReceivedRequest; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const rawHeaders = lines.map((one): [string, string] => {
    const colon = one.indexOf(':');
    return [one.slice(0, colon), one.slice(colon + 1).trim()];
  });
  const headers = new Map(rawHeaders.map(([name, value]) => [name.toLowerCase(), value]));
  const length = end + 4 + Number(headers.get('content-length') ?? 0);
  if (bytes.length < length) return undefined;
  const body = Buffer.from(bytes.subarray(end + 4, length));
  return { request: { method, path, headers, rawHeaders, body, connection, at: performance.now() }, length };
}
