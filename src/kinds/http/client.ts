/** The connections to one server and the requests over them, by undici's pool, with a deadline over each whole request. */

import type { Socket } from 'node:net';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import type { LayerFinding } from '../../caller/check/check.ts';
import { parseDuration } from '../../config/schema/duration.ts';
import { ConnectError, TransientSendError } from '../../shared/errors.ts';
import { onAbort } from '../../shared/util/abort.ts';
import { orUndo } from '../../shared/util/or-undo.ts';
import { loadPackage } from '../common/optional-package.ts';
import { tlsOptions } from '../common/tls-options.ts';
import type { Answer } from './answer.ts';
import { Deadlines } from './deadlines.ts';
import type { HttpRequest } from './encoder.ts';
import { Excerpts } from './excerpt.ts';
import { Exchange } from './exchange.ts';
import { codeOf, diagnosis, isUnreadable, sendError } from './failures.ts';
import { heardOf, listenTo } from './overheard.ts';
import type { HttpConfig } from './schema.ts';

const [REDIRECT, CLIENT_ERROR] = [300, 400] as const;
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
  readonly #deadlines: Deadlines;
  /** Requests under way by the signal that abandons them. A signal has one listener, however many requests it is given with. */
  readonly #underWay = new WeakMap<AbortSignal, Set<Exchange>>();

  private constructor(options: ClientOptions, pool: Pool, first: Socket) {
    this.#options = options;
    this.#first = first;
    this.#pool = pool;
    this.#excerpts = new Excerpts(options.config);
    this.#deadlines = new Deadlines(options.requestTimeoutMs);
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
      // `Deadlines` cover the whole request instead.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    return orUndo(
      () => new HttpClient(options, new undici.Pool(origin, poolOptions), first),
      () => first.destroy(),
    );
  }

  /** Returns the whole answer. @throws PermanentSendError, TransientSendError when there is none */
  request(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return Promise.reject(abandoned());
    return new Promise((resolve, reject) => {
      const exchange: Exchange = new Exchange(
        () => {
          this.#ended(exchange, signal);
          resolve(this.#answerOf(exchange));
        },
        (error) => {
          this.#ended(exchange, signal);
          const answer = signal.aborted ? undefined : unreadableAnswer(error);
          if (answer !== undefined) resolve(answer);
          else reject(this.#failure(exchange, error, signal));
        },
      );
      this.#underWayWith(signal).add(exchange);
      this.#deadlines.add(exchange);
      this.#pool.dispatch(request as Dispatcher.DispatchOptions, exchange);
    });
  }

  #underWayWith(signal: AbortSignal): Set<Exchange> {
    const known = this.#underWay.get(signal);
    if (known !== undefined) return known;
    const made = new Set<Exchange>();
    this.#underWay.set(signal, made);
    onAbort(signal, () => {
      for (const exchange of made) exchange.cancel('abandoned');
    });
    return made;
  }

  #ended(exchange: Exchange, signal: AbortSignal): void {
    this.#deadlines.delete(exchange);
    this.#underWay.get(signal)?.delete(exchange);
  }

  #failure({ status, cancelled }: Exchange, error: unknown, signal: AbortSignal): Error {
    if (signal.aborted) return abandoned();
    const { origin, requestTimeoutMs: ms } = this.#options;
    if (cancelled === undefined) return sendError(error, { origin, status, alert: heardOf(error)?.alert });
    const what = status === undefined ? 'no answer' : `no end of the answer (status ${status})`;
    return new TransientSendError(`${what} from ${origin} within ${ms} ms`);
  }

  /** The headers and the text of a success are not looked at. */
  #answerOf(exchange: Exchange): Answer {
    const status = exchange.status as number;
    if (status < REDIRECT) return { status, retryAfter: undefined, date: undefined, excerpt: '' };
    return {
      status,
      retryAfter: exchange.header('retry-after'),
      date: exchange.header('date'),
      excerpt: status < CLIENT_ERROR ? '' : this.#excerpts.of(exchange.kept, exchange.form, exchange.isCut),
    };
  }

  /** Closes every connection, and fails the requests in flight. */
  async close(): Promise<void> {
    this.#first.destroy(); // the pool may not have taken it
    await this.#pool.destroy();
  }
}

const abandoned = () => new TransientSendError('the request was abandoned');

/** Returns an answer that undici cannot parse, by its status alone. The next attempt would get the same answer. */
function unreadableAnswer(error: unknown): Answer | undefined {
  const { status, ended = true } = heardOf(error) ?? {};
  if (status === undefined || ended || !isUnreadable(error)) return undefined;
  return { status, retryAfter: undefined, date: undefined, excerpt: `the rest of it is no HTTP (${codeOf(error)})` };
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
