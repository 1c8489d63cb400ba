/** Listens for messages by HTTP as a source, on the application's thread. Success means that the messages are safe. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseDuration } from '../../config/schema/duration.ts';
import { type Listen, parseListen } from '../../config/schema/listen.ts';
import { parseSize } from '../../config/schema/size.ts';
import type { LoadedSource } from '../../config/sources/read.ts';
import type { HttpSourceConfig } from '../../config/sources/schema.ts';
import { asError, ConfigError } from '../../shared/errors.ts';
import { listenError } from '../../shared/http/listen-error.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Deferred, deferred } from '../../shared/util/deferred.ts';
import { isLoopback } from '../../shared/util/loopback.ts';
import type { Delivery } from '../sink.ts';
import { Counts, type Source } from '../source.ts';
import { isHealthCheck } from './admit.ts';
import { type Answer, write } from './answer.ts';
import { Budget } from './budget.ts';
import { type PostContext, post } from './post.ts';
import { Turns } from './turns.ts';

/** Time, in ms, between two checks for connections that are too slow. */
const CHECK_INTERVAL_MS = 500;

/** Time, in ms, for writing the last answers at the end, when nothing else is left to wait for. */
const LAST_ANSWERS_MS = 1000;

export interface HttpContext {
  readonly delivery: Delivery;
  readonly logger: Logger;
}

/** Number of requests by the status of their answer. `gone` counts clients that disconnected before the answer. */
export type Answers = Readonly<Record<string, number>>;

export class HttpSource implements Source {
  readonly type = 'http';
  readonly name: string;
  readonly counts = new Counts();
  readonly #source: LoadedSource;
  readonly #listen: Listen;
  readonly #logger: Logger;
  readonly #post: PostContext;
  readonly #server: Server;
  readonly #stopped = new AbortController();
  readonly #ended: Deferred<void> = deferred();
  readonly #answers: Record<string, number> = {};
  readonly #requests = new Set<Promise<void>>();

  constructor(config: HttpSourceConfig, source: LoadedSource, { delivery, logger }: HttpContext) {
    this.name = config.name;
    this.#source = source;
    this.#listen = parseListen(config.listen);
    this.#logger = logger;
    const { signal: stop } = this.#stopped;
    const { counts } = this;
    const ended = (error: unknown) => this.#ended.reject(error);
    this.#post = { ...settingsOf(config, this.#listen), delivery, counts, stop, ended };
    this.#server = this.#createServer(config);
    // Requests may fail before `run` is called, so a rejection must not count as unhandled.
    this.#ended.promise.catch(() => {});
  }

  #createServer(config: HttpSourceConfig): Server {
    const options = {
      headersTimeout: parseDuration(config.header_timeout),
      requestTimeout: Math.max(parseDuration(config.body_timeout), parseDuration(config.header_timeout)),
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    };
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response);
    // `checkContinue` replaces `request` for a client that asks before it sends its body.
    const server = createServer(options, handle).on('checkContinue', handle);
    // Each request of a connection adds a listener to its socket, and more than 10 would cause a warning.
    server.on('connection', (socket) => socket.setMaxListeners(0));
    server.maxConnections = config.max_connections;
    // A client that has ended its side (`nc -N`, shutdown) still reads its answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    return server;
  }

  /** @throws ConfigError when it cannot listen at the configured address */
  async open(): Promise<void> {
    const { host, port } = this.#listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, () => resolve(this.#opened()));
    }).catch((error) => {
      throw this.#cannotListen(listenError(error));
    });
    const { address, port: bound } = this.#server.address() as AddressInfo;
    const { token, path } = this.#post.rules;
    // The address of a host name is known only now.
    if (token === undefined && !isLoopback(address))
      throw this.#cannotListen(`needs 'token' as well: it is ${address}`);
    const shown = address.includes(':') ? `[${address}]` : address;
    this.#logger.info({ source: this.name }, `listening on http://${shown}:${bound}${path}`);
  }

  #opened(): void {
    this.#server.removeAllListeners('error').on('error', (error) => {
      this.#logger.error({ source: this.name, err: error.message }, 'the listener failed');
    });
  }

  #cannotListen(why: string): ConfigError {
    const { path, place } = this.#source;
    return new ConfigError([{ ...place('listen'), path: `${path}.listen`, message: why }]);
  }

  /** @throws ProducerClosedError when the producers have ended, so that no message can be accepted any more */
  async run(): Promise<void> {
    await this.#ended.promise;
  }

  stop(): void {
    this.#stopped.abort();
    // Also closes idle connections.
    this.#server.close();
    this.#ended.resolve();
  }

  async idle(): Promise<void> {
    while (this.#requests.size > 0) await Promise.all(this.#requests);
  }

  /** Writes the remaining answers. By now every message has settled, so that every request has its answer. */
  async close(): Promise<void> {
    const late = deferred();
    const timer = setTimeout(late.resolve, LAST_ANSWERS_MS);
    await Promise.race([this.idle(), late.promise]);
    clearTimeout(timer);
    this.#server.closeAllConnections();
  }

  get answers(): Answers {
    return this.#answers;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const work = this.#answer(request, response).finally(() => this.#requests.delete(work));
    this.#requests.add(work);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that is told to stop sending must not be told to keep the connection.
    if (this.#stopped.signal.aborted) response.shouldKeepAlive = false;
    const answer = isHealthCheck(request) ? this.#health : await this.#tryPost(request, response);
    if (this.#stopped.signal.aborted) response.shouldKeepAlive = false;
    if (answer !== undefined) await write(response, answer);
    this.#count(answer === undefined || !response.writableFinished ? 'gone' : String(answer.status));
  }

  /** Answers even after a bug in this library, so that no client waits for ever. */
  async #tryPost(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    try {
      return await post(request, response, this.#post);
    } catch (error) {
      const { name, message } = asError(error);
      this.#logger.error({ source: this.name, err: `${name}: ${message}` }, 'a request failed');
      return { status: 500, body: { error: 'not known what became of this request' } };
    }
  }

  get #health(): Answer {
    const isStopping = this.#stopped.signal.aborted;
    return { status: isStopping ? 503 : 200, body: { status: isStopping ? 'stopping' : 'ok' } };
  }

  #count(what: string): void {
    this.#answers[what] = (this.#answers[what] ?? 0) + 1;
  }
}

function settingsOf(config: HttpSourceConfig, { host }: Listen) {
  const { path, token } = config;
  return {
    rules: { path, token, host, maxBodyBytes: parseSize(config.max_body_bytes) },
    format: { ...config, maxLineBytes: parseSize(config.max_line_bytes) },
    budget: new Budget(parseSize(config.max_pending_bytes)),
    turns: new Turns(),
    timeoutMs: parseDuration(config.timeout),
  };
}
