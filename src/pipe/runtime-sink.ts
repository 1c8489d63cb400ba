/** The producers of a runtime as what sources hand their messages to, by the routes. */

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

  /** The routes are those of the runtime. */
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

  /** Each target, or somebody who stands in for it. What no route takes needs none. */
  async hasRoom({ message, isError }: LineMessage): Promise<boolean> {
    const route = this.#table.find(message, isError);
    if (route === undefined) return true;
    const lanes = route.to.map((target) => this.#someHasRoom([target, ...route.fallback]));
    return (await Promise.all(lanes)).every((hasRoom) => hasRoom);
  }

  async #someHasRoom(names: readonly string[]): Promise<boolean> {
    for (const name of names) if (await this.#producerHasRoom(name)) return true;
    return false;
  }

  /** One that has ended says so itself, when it is given the message. */
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

/** `unmatched: drop` is no error to whoever produces, but nobody has the message. */
const unmatched = (): PublishError => new PublishError('no route takes the message: it was dropped', 'dropped');
