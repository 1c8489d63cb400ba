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

export class Turnstile {
  /** Resolves when everybody who came before is through. */
  #last: Promise<void> | undefined;

  /**
   * What `attempt` gets; it is called at once where nobody waits, and again whenever there may be room.
   * @throws QueueFullError at the deadline, PublishError when aborted, ProducerClosedError; why a message can never pass
   */
  async pass<T>(bytes: number, attempt: Attempt<T>, options: WaitOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const first = this.#last === undefined ? attempt(undefined) : undefined;
    if (first !== undefined && 'got' in first) return first.got;
    if (first?.gate === undefined && first !== undefined) throw first.error;
    return this.#queue(bytes, attempt, options);
  }

  async #queue<T>(bytes: number, attempt: Attempt<T>, options: WaitOptions): Promise<T> {
    const end = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT_MS);
    const before = this.#last ?? Promise.resolve();
    const through = deferred();
    this.#last = through.promise;
    try {
      await within(before, options);
      return await this.#first(bytes, attempt, { ...options, end });
    } finally {
      // Who gives up lets nobody past those who are still before him.
      void before.then(() => {
        through.resolve();
        if (this.#last === through.promise) this.#last = undefined;
      });
    }
  }

  async #first<T>(bytes: number, attempt: Attempt<T>, { end, ...options }: WaitOptions & { end: number }): Promise<T> {
    for (let granted: Gate | undefined; ; ) {
      const answer = attempt(granted);
      if ('got' in answer) return answer.got;
      if (answer.gate === undefined) throw answer.error;
      await answer.gate.untilRoomFor(bytes, { ...options, timeout: Math.ceil(Math.max(0, end - performance.now())) });
      granted = answer.gate;
    }
  }
}

function within(before: Promise<void>, options: WaitOptions): Promise<void> {
  const turn = wait<void>(options, (reason) => gaveUp(reason, options));
  void before.then(() => turn.resolve());
  return turn.promise;
}
