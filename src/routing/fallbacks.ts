/** Passes an abandoned message to the next producer of its route, which is computed again, for messages from a spool. */

import type { DeadLetter, Fallback, TargetOfDeadLetters } from '../caller/dead-letters/dead-letter.ts';
import type { Route, Routes } from '../config/routes/schema.ts';
import { inputOf, type MessageInput } from '../shared/message/message.ts';
import { CAPACITY_CHECK, ROUTED } from '../shared/route-hooks.ts';
import type { Takers } from './outcomes.ts';
import { RouteTable } from './route-table.ts';
import { sizedMessage } from './sized-message.ts';
import type { Producer } from './target-with-fallbacks.ts';

export class Fallbacks {
  readonly #table: RouteTable;
  readonly #find: (name: string) => Producer;
  readonly #takers = new WeakMap<Error, string>();

  /** `find` is called only when a fallback is needed, because the producers are built together with their fallbacks. */
  constructor({ routes }: Routes, find: (name: string) => Producer) {
    this.#table = new RouteTable(routes);
    this.#find = find;
  }

  /** Names of the producers that took abandoned messages, by the error for which each message was abandoned. */
  get takers(): Takers {
    return this.#takers;
  }

  /** Returns the fallback of `producer`. It covers only messages that came by a route. */
  of(producer: string): Fallback {
    const targets = new Map<Route, TargetOfDeadLetters | undefined>();
    return (letter) => {
      const route = letter.routed ? this.#table.find(givenMessage(letter), letter.message.isError) : undefined;
      if (route === undefined) return undefined;
      if (!targets.has(route)) targets.set(route, this.#target(nextAfter(producer, route)));
      return targets.get(route);
    };
  }

  /** Returns undefined where the route has no further fallback. */
  #target(rest: readonly string[]): TargetOfDeadLetters | undefined {
    const [last] = rest.slice(-1);
    if (last === undefined) return undefined;
    const target = async (letter: DeadLetter, signal: AbortSignal) => {
      const offer = { given: givenMessage(letter), isError: letter.message.isError, signal };
      this.#takers.set(letter.error, await this.#offer(offer, rest));
    };
    return Object.assign(target, { isFull: () => this.#find(last)[CAPACITY_CHECK].isAwaited });
  }

  /** Returns the name of the producer that took the message. When none takes it, it is offered again like every dead letter. */
  async #offer(offer: Offer, [name, ...rest]: readonly string[]): Promise<string> {
    const producer = this.#find(name as string);
    const { given, isError, signal } = offer;
    const isLast = rest.length === 0;
    try {
      const refusal = isLast ? undefined : producer[CAPACITY_CHECK].refusal(sizedMessage(given, isError).bytes);
      if (refusal !== undefined) throw refusal.error;
      await producer.enqueue(given, { isError, signal, [ROUTED]: 'alone' });
      return producer.name;
    } catch (error) {
      if (isLast || signal.aborted) throw error;
      return this.#offer(offer, rest);
    }
  }
}

interface Offer {
  readonly given: MessageInput;
  readonly isError: boolean;
  readonly signal: AbortSignal;
}

/** Returns the fallbacks that follow `producer` on this route, in order. */
function nextAfter(producer: string, route: Route): readonly string[] {
  return route.to.includes(producer) ? route.fallback : afterIn(route.fallback, producer);
}

const afterIn = (names: readonly string[], name: string): readonly string[] =>
  names.includes(name) ? names.slice(names.indexOf(name) + 1) : [];

/** Returns the message as its caller passed it. */
function givenMessage({ message, defaultTopic }: DeadLetter): MessageInput {
  const { topic, ...rest } = inputOf(message);
  return defaultTopic || topic === undefined ? rest : { topic, ...rest };
}
