/** The operations endpoint of one runtime: what it watches, what it remembers, and where it answers. */

import type { SourceLocation } from '../config/definition.ts';
import type { OperationsConfig } from '../config/endpoint/schema.ts';
import { parseListen } from '../config/schema/listen.ts';
import { asError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { json } from './answer.ts';
import { deadLetters } from './dead-letters.ts';
import { type Handler, type HandlerOptions, handlerOf, type Resource } from './handler.ts';
import { History } from './history.ts';
import { MetricsPage } from './metrics.ts';
import type { Operated } from './operated.ts';
import { pageFiles } from './page-files.ts';
import { readinessOf } from './readiness.ts';
import { RecentErrors } from './recent-errors.ts';
import { OperationsServer } from './server.ts';
import { statusOf } from './status.ts';

/** Time, in ms, between two samples. */
export const SAMPLE_MS = 1000;

export class OperationsEndpoint {
  readonly #operated: Operated;
  readonly #logger: Logger;
  readonly #errors = new RecentErrors();
  readonly #history: History;
  readonly #metrics: MetricsPage;
  readonly #timer: NodeJS.Timeout;
  #server: OperationsServer | undefined;
  #isSamplingReported = false;

  /** Begins to take samples. */
  constructor(operated: Operated, logger: Logger) {
    this.#operated = operated;
    this.#logger = logger;
    this.#history = new History(operated.producers);
    this.#metrics = new MetricsPage(operated);
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  /** Takes a sample. Only the first error is logged, because the next sample may fail for the same reason. */
  #sample(): void {
    const now = Date.now();
    try {
      this.#history.sample(now);
      this.#errors.sample(this.#operated.producers, now);
    } catch (thrown) {
      if (this.#isSamplingReported) return;
      this.#isSamplingReported = true;
      const { name, message } = asError(thrown);
      this.#logger.error({ err: `${name}: ${message}` }, 'the operations endpoint cannot take a sample');
    }
  }

  handler(options: HandlerOptions): Handler {
    const failed = (error: Error) =>
      this.#logger.error({ err: `${error.name}: ${error.message}` }, 'a request to the operations endpoint failed');
    return handlerOf(this.#resources(options), options, failed);
  }

  #resources({ token }: HandlerOptions): Map<string, Resource> {
    const operated = withoutToken(this.#operated, token);
    return new Map<string, Resource>([
      ...pageFiles(),
      ['/live', { isOpen: true, answer: () => json(200, { live: true }) }],
      ['/ready', { isOpen: true, answer: () => ready(operated) }],
      ['/metrics', { answer: () => this.#metrics.answer() }],
      ['/history', { answer: (_, { query }) => json(200, this.#history.after(sinceOf(query))) }],
      ['/dead-letters', { answer: (_, { query }) => deadLetters(operated, query) }],
      ['/status', { answer: () => json(200, statusOf(operated, this.#errors.list)) }],
    ]);
  }

  /** Listens in a server of its own. `at` is where the file has the address. @throws ConfigError */
  async listen({ listen, token }: OperationsConfig, at?: SourceLocation): Promise<void> {
    const { host } = parseListen(listen);
    const server = new OperationsServer(this.handler({ token, host }), { listen, token, at }, this.#logger);
    try {
      await server.open();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#server = server;
  }

  /** Where it listens; undefined without a server of its own. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** Ends it within `ms`. */
  async close(ms?: number): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    this.#server = undefined;
    await server?.close(ms);
  }
}

/** The samples that a client has already: `?since=` their last time. */
const sinceOf = (query: string): number => Number(new URLSearchParams(query).get('since') ?? 0) || 0;

/** Masks the endpoint's own token as well. */
const withoutToken = ({ mask, ...operated }: Operated, token: string | undefined): Operated => ({
  ...operated,
  mask: token === undefined ? mask : (text) => mask(text).replaceAll(token, '***'),
});

function ready(operated: Operated) {
  const readiness = readinessOf(operated);
  return json(readiness.ready ? 200 : 503, readiness);
}
