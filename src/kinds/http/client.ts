/** The connections to one server and the requests over them, by undici's pool, with a deadline over each whole request. */

import type { Socket } from 'node:net';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import type { LayerFinding } from '../../caller/check/check.ts';
import { parseDuration } from '../../config/schema/duration.ts';
import { ConnectError, TransientSendError } from '../../shared/errors.ts';
import { LinkedAbort } from '../../shared/util/abort.ts';
import { orUndo } from '../../shared/util/or-undo.ts';
import { loadPackage } from '../common/optional-package.ts';
import { tlsOptions } from '../common/tls-options.ts';
import type { Answer } from './answer.ts';
import type { HttpRequest } from './encoder.ts';
import { Excerpts } from './excerpt.ts';
import { codeOf, diagnosis, isUnreadable, sendError } from './failures.ts';
import { heardOf, listenTo } from './overheard.ts';
import type { HttpConfig } from './schema.ts';

/** Bytes of an answer that are read. The connection of a longer answer is closed. */
const LONGEST_ANSWER = 1024 * 1024;
/** Bytes of an answer that are kept for display. */
const KEPT = 16 * 1024;
/** Maximum size of an answer's headers, in bytes. If they are larger, only the status counts. */
const LONGEST_HEADERS = 256 * 1024;

export interface ClientOptions {
  readonly config: HttpConfig;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** Returns the deadline of a request: the setting, or two thirds of the attempt timeout. */
export const requestTimeoutMs = ({ request_timeout, attempt_timeout_seconds }: HttpConfig): number =>
  request_timeout === undefined ? Math.ceil((attempt_timeout_seconds * 2000) / 3) : parseDuration(request_timeout);

/** A ConnectError that keeps the parts of its text, for reports that show them separately. */
export class UnreachableError extends ConnectError {
  readonly finding: LayerFinding;

  constructor(finding: LayerFinding) {
    super(`${finding.problem}: ${finding.advice}`);
    this.finding = finding;
  }
}

export class HttpClient {
  readonly #options: ClientOptions;
  readonly #pool: Pool;
  readonly #first: Socket;
  readonly #excerpts: Excerpts;

  private constructor(options: ClientOptions, pool: Pool, first: Socket) {
    this.#options = options;
    this.#first = first;
    this.#pool = pool;
    this.#excerpts = new Excerpts(options.config);
  }

  /** Connects once, so that an unreachable server is an outage and no failure of a message. @throws ConnectError, ConfigError */
  static async open(options: ClientOptions, signal: AbortSignal): Promise<HttpClient> {
    const end = performance.now() + options.connectTimeoutMs * IN_TIME;
    const undici = await loadPackage('http', 'undici', () => import('undici'));
    const { config, origin, connectTimeoutMs } = options;
    const tls = origin.startsWith('https:') ? tlsOptions(config) : {};
    const connect = listening(undici.buildConnector({ ...tls, timeout: connectTimeoutMs, allowH2: false }));
    const first = await firstConnection(connect, { origin, end }, signal);
    const poolOptions: Pool.Options = {
      connect: handingOver(first, connect),
      connections: config.max_in_flight,
      pipelining: 1,
      keepAliveTimeout: Math.max(1, parseDuration(config.keep_alive)),
      maxHeaderSize: LONGEST_HEADERS,
      // `Deadline` covers the whole request instead.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    return orUndo(
      () => new HttpClient(options, new undici.Pool(origin, poolOptions), first),
      () => first.destroy(),
    );
  }

  /** Returns the whole answer. @throws PermanentSendError, TransientSendError when there is none */
  async request(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const { origin, requestTimeoutMs: ms } = this.#options;
    const deadline = new Deadline(ms, signal);
    let status: number | undefined;
    try {
      const options = { ...request, signal: deadline.signal } as Dispatcher.RequestOptions;
      const response = await this.#pool.request(options);
      status = response.statusCode;
      return await this.#answerOf(response);
    } catch (error) {
      if (signal.aborted) throw new TransientSendError('the request was abandoned');
      const unreadable = unreadableAnswer(error);
      if (unreadable !== undefined) return unreadable;
      if (!deadline.passed) throw sendError(error, { origin, status, alert: heardOf(error)?.alert });
      const what = status === undefined ? 'no answer' : `no end of the answer (status ${status})`;
      throw new TransientSendError(`${what} from ${origin} within ${ms} ms`);
    } finally {
      deadline.end();
    }
  }

  async #answerOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
    const kept = Buffer.concat(await beginningOf(body));
    return {
      status: statusCode,
      retryAfter: headers['retry-after'],
      date: headers.date,
      excerpt: statusCode < 400 ? '' : this.#excerpt(kept, headers),
    };
  }

  #excerpt(kept: Buffer, headers: Dispatcher.ResponseData['headers']): string {
    const form = { contentType: headers['content-type'], contentEncoding: headers['content-encoding'] };
    return this.#excerpts.of(kept, form, kept.length >= KEPT);
  }

  /** Closes every connection, and fails the requests in flight. */
  async close(): Promise<void> {
    this.#first.destroy(); // the pool may not have taken it
    await this.#pool.destroy();
  }
}

/** Returns an answer that undici cannot parse, by its status alone. The next attempt would get the same answer. */
function unreadableAnswer(error: unknown): Answer | undefined {
  const { status, ended = true } = heardOf(error) ?? {};
  if (status === undefined || ended || !isUnreadable(error)) return undefined;
  return { status, retryAfter: undefined, date: undefined, excerpt: `the rest of it is no HTTP (${codeOf(error)})` };
}

/** Aborts after `ms`, or with `given`. */
class Deadline {
  readonly #link: LinkedAbort;
  readonly #timer: NodeJS.Timeout;
  passed = false;

  constructor(ms: number, given: AbortSignal) {
    this.#link = new LinkedAbort(given);
    this.#timer = setTimeout(() => {
      this.passed = true;
      this.#link.abort();
    }, ms);
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#link.release();
  }
}

/** Reads the body to its end, so that the connection can be reused. The connection of a body that is too long is destroyed. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  let [read, kept] = [0, 0];
  body.on('error', () => {}); // the loop below throws the error
  for await (const part of body as AsyncIterable<Buffer>) {
    read += part.length;
    if (kept < KEPT) kept += parts[parts.push(part.subarray(0, KEPT - kept)) - 1]?.length ?? 0;
    if (read > LONGEST_ANSWER) break; // destroys the stream
  }
  return parts;
}

type Connect = buildConnector.connector;

export function addressOf(origin: string): buildConnector.Options {
  const { protocol, hostname, port, host } = new URL(origin);
  return { protocol, host, port, hostname: hostname.replace(/^\[(.*)\]$/, '$1') };
}

/** Share of the connect timeout. `open` must fail before the delivery loop does, whose error cannot name the cause. */
const IN_TIME = 0.9;
const SILENT = { code: 'UND_ERR_CONNECT_TIMEOUT' };

/** @throws UnreachableError */
function firstConnection(
  connect: Connect,
  { origin, end }: { readonly origin: string; readonly end: number },
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => reject(new UnreachableError(diagnosis(error, origin)));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      failed(SILENT);
    }, end - performance.now());
    const ended: buildConnector.Callback = (error, socket) => {
      clearTimeout(timer);
      if (error !== null) return failed(error);
      if (isLate || signal.aborted) socket.destroy();
      resolve(socket as Socket);
    };
    orUndo(
      () => connect(addressOf(origin), ended),
      () => clearTimeout(timer),
    );
  });
}

/** Watches the bytes of every connection from its start. */
function listening(connect: Connect): Connect {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      listenTo(socket);
      return callback(null, socket);
    });
}

/** Gives the pool the connection that is already open, if it still is. Later connections come from `connect`. */
function handingOver(first: Socket, connect: Connect): Connect {
  let spare: Socket | undefined = first;
  first.once('close', () => {
    spare = undefined;
  });
  return (options, callback) => {
    const ready = spare;
    spare = undefined;
    if (ready === undefined || ready.destroyed || ready.readableEnded) return connect(options, callback);
    queueMicrotask(() => callback(null, ready));
    return undefined;
  };
}
