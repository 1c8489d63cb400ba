/**
 * Callers whose messages go to several producers wait here, one route after the other's place: first come, first served. Only
 * the first of them waits at a producer, so that messages of one route reach all of their producers in one order.
 */

import { deferred } from '../deferred.ts';
import type { Gate } from '../engine/gate.ts';
import { gaveUp } from '../engine/room.ts';
import { DEFAULT_TIMEOUT_MS, type WaitOptions, wait } from '../engine/waiting.ts';
import type { Blocked } from './lane.ts';

/** Tries to get through, having just waited at `granted`. */
type Attempt<T> = (granted: Gate | undefined) => { readonly got: T } | Blocked;

interface Until extends WaitOptions {
  /** In ms of `performance.now`. */
  readonly end: number;
}

export class Turnstile {
  /** Resolves when everybody who came before is through. */
  #last: Promise<void> | undefined;

  /**
   * What `attempt` gets; it is called at once where nobody waits, and again whenever there may be room.
   * @throws QueueFullError at the deadline, PublishError when aborted, ProducerClosedError; why a message can never pass
   */
  async pass<T>(bytes: number, attempt: Attempt<T>, options: WaitOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const end = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT_MS);
    const before = this.#last;
    if (before !== undefined)
      return this.#behind(before, () => this.#first(bytes, attempt, { ...options, end }), options);
    const answer = attempt(undefined);
    if ('got' in answer) return answer.got;
    return this.#behind(undefined, () => this.#first(bytes, attempt, { ...options, end }, answer), options);
  }

  /** Does `work` when those before are through. Who gives up lets nobody past those who are still before him. */
  async #behind<T>(before: Promise<void> | undefined, work: () => Promise<T>, options: WaitOptions): Promise<T> {
    const through = deferred();
    this.#last = through.promise;
    try {
      if (before !== undefined) await within(before, options);
      return await work();
    } finally {
      void (before ?? Promise.resolve()).then(() => {
        through.resolve();
        if (this.#last === through.promise) this.#last = undefined;
      });
    }
  }

  /** Tries until it is through; `last` is the answer to a first attempt. */
  async #first<T>(bytes: number, attempt: Attempt<T>, { end, ...options }: Until, last?: Blocked): Promise<T> {
    for (let answer = last ?? attempt(undefined); ; ) {
      if ('got' in answer) return answer.got;
      const { gate, error } = answer;
      if (gate === undefined) throw error;
      await gate.untilRoomFor(bytes, { ...options, timeout: Math.ceil(Math.max(0, end - performance.now())) });
      answer = attempt(gate);
    }
  }
}

function within(before: Promise<void>, options: WaitOptions): Promise<void> {
  const turn = wait<void>(options, (reason) => gaveUp(reason, options));
  void before.then(() => turn.resolve());
  return turn.promise;
}
