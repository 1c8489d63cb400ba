/**
 * Who gets a message that its producer has given up: the next of its route. Which route that is, is found anew from the
 * message, so that it is the same after a restart, when the message comes out of a spool.
 */

import type { DeadLetter, Fallback, LetterTarget } from '../caller/dead-letters/dead-letter.ts';
import type { Route, Routes } from '../config/routes/schema.ts';
import { inputOf, type MessageInput } from '../shared/message/message.ts';
import { GATE, ROUTED } from '../shared/route-hooks.ts';
import type { Takers } from './outcomes.ts';
import { RouteTable } from './route-table.ts';
import { parcelOf } from './sized-message.ts';
import type { Producer } from './target-lane.ts';

export class Fallbacks {
  readonly #table: RouteTable;
  readonly #find: (name: string) => Producer;
  readonly #takers = new WeakMap<Error, string>();

  /** Producers are looked for when they are needed: they are built with their fallbacks. */
  constructor({ routes }: Routes, find: (name: string) => Producer) {
    this.#table = new RouteTable(routes);
    this.#find = find;
  }

  /** Who has taken a message, by the reason for which it was given up. */
  get takers(): Takers {
    return this.#takers;
  }

  /** For what `producer` gives up. Only messages that came by a route have one. */
  of(producer: string): Fallback {
    const targets = new Map<Route, LetterTarget | undefined>();
    return (letter) => {
      const route = letter.routed ? this.#table.find(givenMessage(letter), letter.message.isError) : undefined;
      if (route === undefined) return undefined;
      if (!targets.has(route)) targets.set(route, this.#target(nextAfter(producer, route)));
      return targets.get(route);
    };
  }

  /** Undefined where no producer stands in. */
  #target(rest: readonly string[]): LetterTarget | undefined {
    const [last] = rest.slice(-1);
    if (last === undefined) return undefined;
    const target = async (letter: DeadLetter, signal: AbortSignal) => {
      const offer = { given: givenMessage(letter), isError: letter.message.isError, signal };
      this.#takers.set(letter.error, await this.#offer(offer, rest));
    };
    return Object.assign(target, { isFull: () => this.#find(last)[GATE].isAwaited });
  }

  /** Returns who has taken it. Like every dead letter, it is offered again when nobody does. */
  async #offer(offer: Offer, [name, ...rest]: readonly string[]): Promise<string> {
    const producer = this.#find(name as string);
    const { given, isError, signal } = offer;
    const isLast = rest.length === 0;
    try {
      const refusal = isLast ? undefined : producer[GATE].refusal(parcelOf(given, isError).bytes);
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

/** Those that stand in for `producer` on this route, in order. */
function nextAfter(producer: string, route: Route): readonly string[] {
  return route.to.includes(producer) ? route.fallback : afterIn(route.fallback, producer);
}

const afterIn = (names: readonly string[], name: string): readonly string[] =>
  names.includes(name) ? names.slice(names.indexOf(name) + 1) : [];

/** The message as its caller gave it. */
function givenMessage({ message, defaultTopic }: DeadLetter): MessageInput {
  const { topic, ...rest } = inputOf(message);
  return defaultTopic || topic === undefined ? rest : { topic, ...rest };
}
