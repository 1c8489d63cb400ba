/** Finds the route of each message and passes it to the targets of that route, all on the application's thread. */

import type { DeliveryReport } from '../caller/settlement/report.ts';
import { quote } from '../config/report/redact.ts';
import type { Route, Routes } from '../config/routes/schema.ts';
import { ProducerClosedError, UnroutedError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { RecordWriter } from '../shared/memory/record-writer.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { readOnce } from '../shared/message/message-fields.ts';
import { unreadable } from '../shared/message/refusal.ts';
import type { WaitOptions } from '../shared/util/wait.ts';
import { FallbackUse } from './fallback-use.ts';
import type { Takers } from './outcomes.ts';
import { RouteTable } from './route-table.ts';
import { type Producer, TargetWithFallbacks } from './target-with-fallbacks.ts';
import { Targets } from './targets.ts';
import { writtenIfOwnJson } from './written-value.ts';

export interface RouteCounts {
  /** Messages that matched each route, by the route's name, accepted or not. */
  readonly routes: Readonly<Record<string, number>>;
  /** Messages that matched no route. They were refused, or dropped with `unmatched: drop`. */
  readonly unmatched: number;
  /**
   * Messages that a fallback got at once, by the route's name, because the target was full, closed or could not write them. Messages
   * that a target has abandoned later are in its `deadLettered`. Routes without a fallback are left out.
   */
  readonly fallbacks: Readonly<Record<string, number>>;
}

interface Way extends Route {
  readonly targets: Targets;
  readonly use: FallbackUse;
  taken: number;
}

export interface RouterContext {
  /** Returns the producer of this name. It throws for an unknown one. */
  find(name: string): Producer;
  readonly takers: Takers;
  logger(): Logger;
}

export class Router {
  readonly #table: RouteTable<Way>;
  readonly #ways: readonly Way[];
  readonly #dropsUnmatched: boolean;
  readonly #writer = new RecordWriter();
  #unmatched = 0;
  #isClosed = false;

  constructor({ routes, unmatched }: Routes, { find, takers, logger }: RouterContext) {
    this.#ways = routes.map((route) => {
      const use = new FallbackUse(route.name, logger);
      const targets = route.to.map((target) => new TargetWithFallbacks([target, ...route.fallback].map(find), use));
      return { ...route, targets: new Targets(route.name, targets, takers), use, taken: 0 };
    });
    this.#table = new RouteTable(this.#ways);
    this.#dropsUnmatched = unmatched === 'drop';
  }

  /** @throws UnroutedError, InvalidMessageError, QueueFullError, ProducerClosedError; then no producer has accepted it */
  produce(message: MessageInput, isError: boolean): boolean {
    const given = this.#read(message);
    return this.#find(given, isError)?.produce(given, isError) ?? true;
  }

  async enqueue(message: MessageInput, isError: boolean, wait: WaitOptions): Promise<void> {
    const given = this.#read(message);
    await this.#find(given, isError)?.enqueue(given, isError, wait);
  }

  async send(message: MessageInput, isError: boolean, wait: WaitOptions): Promise<DeliveryReport[]> {
    const given = this.#read(message);
    return this.#find(given, isError)?.send(given, isError, wait) ?? [];
  }

  /** Reads the message once, because routes examine it before a producer does, and fallbacks afterwards. */
  #read(message: MessageInput): MessageInput {
    this.#assertOpen();
    const given = writtenIfOwnJson(readOnce(message));
    this.#assertOpen(); // the caller's own code has run, and may have shut the runtime down
    return given;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ProducerClosedError('the runtime was shut down');
  }

  /** Returns undefined for a message that is to be dropped. */
  #find(message: MessageInput, isError: boolean): Targets | undefined {
    const way = this.#fitting(message, isError);
    if (way === undefined) this.#noRoute(message);
    else way.taken++;
    return way?.targets;
  }

  /** Returns the matching route. Conditions read the value, which may run the caller's own code and throw. */
  #fitting(message: MessageInput, isError: boolean): Way | undefined {
    try {
      return this.#table.find(message, isError);
    } catch (error) {
      throw unreadable('the message cannot be read', error);
    }
  }

  /** Counts a message without a route. It is encoded here only to reject an invalid one. */
  #noRoute(message: MessageInput): void {
    try {
      this.#writer.prepare(message);
    } finally {
      this.#writer.clear();
    }
    this.#unmatched++;
    if (!this.#dropsUnmatched) throw unrouted(message);
  }

  get counts(): RouteCounts {
    const routes = Object.fromEntries(this.#ways.map(({ name, taken }) => [name, taken]));
    const withFallback = this.#ways.filter(({ fallback }) => fallback.length > 0);
    const fallbacks = Object.fromEntries(withFallback.map(({ name, use }) => [name, use.count]));
    return { routes, fallbacks, unmatched: this.#unmatched };
  }

  /** Refuses messages from now on, because producers close one after the other. */
  close(): void {
    this.#isClosed = true;
    for (const { use } of this.#ways) use.end();
  }
}

function unrouted({ topic }: MessageInput): UnroutedError {
  const what = typeof topic === 'string' ? `a message for topic ${quote(topic)}` : 'a message without a topic';
  const hint = "a last route without 'when' takes what is left, and 'unmatched: drop' drops it";
  return new UnroutedError(`no route takes ${what} (${hint})`);
}
