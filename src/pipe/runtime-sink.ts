/** Passes the messages of sources to the producers of a runtime, by the routes. */

import { exactly } from '../caller/wait-options.ts';
import type { Routes } from '../config/routes/schema.ts';
import { RouteTable } from '../routing/route-table.ts';
import type { ProducerRuntime } from '../runtime.ts';
import { ProducerClosedError, PublishError } from '../shared/errors.ts';
import type { MessageInput } from '../shared/message/message.ts';
import type { LineMessage } from './lines/envelope.ts';
import type { HandOptions, Sink } from './sink.ts';

type Runtime = Pick<ProducerRuntime, 'enqueue' | 'send' | 'producer'>;

export class RuntimeSink implements Sink {
  readonly #runtime: Runtime;
  readonly #table: RouteTable;
  readonly #dropsUnmatched: boolean;

  /** The routes must be those of the runtime. */
  constructor(runtime: Runtime, { routes, unmatched: policy }: Routes) {
    this.#runtime = runtime;
    this.#table = new RouteTable(routes);
    this.#dropsUnmatched = policy === 'drop';
  }

  async enqueue(message: MessageInput, options: HandOptions): Promise<void> {
    await this.#runtime.enqueue(message, exact(options));
    if (this.#dropsUnmatched && this.#table.find(message, options.isError) === undefined) throw unmatched();
  }

  send(message: MessageInput, options: HandOptions): Promise<void> {
    return this.#runtime.send(message, exact(options)).then((reports) => {
      if (reports.length === 0) throw unmatched();
    });
  }

  /** Whether each target or one of its fallbacks has capacity. A message that matches no route needs none. */
  async hasRoom({ message, isError }: LineMessage): Promise<boolean> {
    const route = this.#table.find(message, isError);
    if (route === undefined) return true;
    const targets = route.to.map((target) => this.#someHasRoom([target, ...route.fallback]));
    return (await Promise.all(targets)).every((hasRoom) => hasRoom);
  }

  async #someHasRoom(names: readonly string[]): Promise<boolean> {
    for (const name of names) if (await this.#producerHasRoom(name)) return true;
    return false;
  }

  /** Returns true for a producer that has ended, because it reports that itself when it gets the message. */
  async #producerHasRoom(name: string): Promise<boolean> {
    return this.#runtime
      .producer(name)
      .waitForRoom({ timeout: 0 })
      .catch((error) => {
        if (error instanceof ProducerClosedError) return true;
        throw error;
      });
  }
}

const exact = ({ isError, timeout }: HandOptions) => ({ isError, timeout: exactly(timeout) });

/** With `unmatched: drop` the runtime returns no error, but a source must know that no producer has the message. */
const unmatched = (): PublishError => new PublishError('no route takes the message: it was dropped', 'dropped');
