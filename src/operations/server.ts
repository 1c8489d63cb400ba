/** The server of the operations endpoint. It neither keeps the process alive nor holds up its end. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SourceLocation } from '../config/definition.ts';
import { parseListen } from '../config/schema/listen.ts';
import { ConfigError } from '../shared/errors.ts';
import { listenError } from '../shared/http/listen-error.ts';
import type { Logger } from '../shared/log/logger.ts';
import { isLoopback } from '../shared/util/loopback.ts';
import type { Handler } from './handler.ts';

/** Limits against slow and idle clients; times in ms. */
const LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

/** How long, in ms, a client may neither send nor read anything. */
const SILENT_MS = 30_000;

/** Connections that may be open; further ones are closed at once. */
const MOST_CONNECTIONS = 100;

/** How long, in ms, the last answers may take at the end. */
const LAST_ANSWERS_MS = 500;

export interface ServerSettings {
  readonly listen: string;
  readonly token: string | undefined;
  /** Where the file has the address; undefined when it came by a flag. */
  readonly at: SourceLocation | undefined;
}

export class OperationsServer {
  readonly #settings: ServerSettings;
  readonly #server: Server;
  readonly #logger: Logger;

  constructor(handler: Handler, settings: ServerSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#server = createServer(LIMITS, handler);
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.setTimeout(SILENT_MS);
    this.#server.on('connection', (socket) => socket.unref());
  }

  /** @throws ConfigError when it cannot listen at the address */
  async open(): Promise<void> {
    const { host, port } = parseListen(this.#settings.listen);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, resolve).unref();
    }).catch((error) => {
      throw this.#cannotListen(listenError(error));
    });
    this.#server.removeAllListeners('error').on('error', (error) => {
      this.#logger.error({ err: error.message }, 'the operations endpoint failed');
    });
    const { address } = this.#server.address() as AddressInfo;
    // The address of a host name is known only now.
    if (this.#settings.token === undefined && !isLoopback(address)) {
      await this.close();
      throw this.#cannotListen(`needs 'token' as well: it is ${address}`);
    }
    this.#logger.info({ source: 'operations' }, `listening on ${this.url}`);
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}/`;
  }

  #cannotListen(why: string): ConfigError {
    const { at, listen } = this.#settings;
    if (at === undefined) return new ConfigError(`--operations ${listen}: ${why}`);
    return new ConfigError([{ ...at, path: 'operations.listen', message: why }]);
  }

  /** Lets the last answers go out, for `ms` at most, and closes every connection. */
  async close(ms = LAST_ANSWERS_MS): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const late = setTimeout(() => this.#server.closeAllConnections(), Math.min(ms, LAST_ANSWERS_MS));
    await closed;
    clearTimeout(late);
  }
}
