/**
 * Callers whose messages go to several producers wait here, one route after the other's place: first come, first served. Only
 * the first of them waits at a producer, so that messages of one route reach all of their producers in one order.
 */

import { gaveUp } from '../caller/intake/room-waiters.ts';
import type { Gate } from '../caller/intake/route-gate.ts';
import { LinkedAbort } from '../shared/util/abort.ts';
import { DEFAULT_TIMEOUT_MS, type WaitOptions, Waits } from '../shared/util/wait.ts';
import type { Blocked } from './target-lane.ts';

/** Tries to get through, having just waited at `granted`. */
type Attempt<T> = (granted: Gate | undefined) => { readonly got: T } | Blocked;

interface Until extends WaitOptions {
  /** In ms of `performance.now`. */
  readonly end: number;
}

export class Turnstile {
  readonly #waits = new Waits<void>(({ options }, reason) => {
    throw gaveUp(reason, options);
  });
  /** Whether a caller has its turn, and those who come wait behind it. */
  #isTaken = false;

  /**
   * What `attempt` gets; it is called at once where no caller waits, and again whenever there may be room.
   * @throws QueueFullError at the deadline, PublishError when aborted, ProducerClosedError; why a message can never pass
   */
  async pass<T>(bytes: number, attempt: Attempt<T>, options: WaitOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const end = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT_MS);
    if (this.#isTaken) {
      await this.#waits.add(undefined, options).promise;
      return this.#inTurn(() => this.#first(bytes, attempt, { ...options, end }));
    }
    const answer = attempt(undefined);
    if ('got' in answer) return answer.got;
    this.#isTaken = true;
    return this.#inTurn(() => this.#first(bytes, attempt, { ...options, end }, answer));
  }

  /** Does `work` and then lets the next caller have its turn, which stays taken meanwhile. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const next = this.#waits.first;
      if (next === undefined) this.#isTaken = false;
      else next.resolve();
    }
  }

  /** Tries until it is through; `last` is the answer to a first attempt. */
  async #first<T>(bytes: number, attempt: Attempt<T>, { end, ...options }: Until, last?: Blocked): Promise<T> {
    if (options.signal?.aborted) throw gaveUp('aborted', options);
    for (let answer = last ?? attempt(undefined); ; ) {
      if ('got' in answer) return answer.got;
      const { gates, error } = answer;
      if (gates.length === 0) throw error;
      const timeout = Math.ceil(Math.max(0, end - performance.now()));
      answer = attempt(await firstWithRoom(gates, bytes, { ...options, timeout }));
    }
  }
}

/** Waits at all gates, and leaves the others when one has room. @throws what the last one does, where none has */
async function firstWithRoom(gates: readonly Gate[], bytes: number, { signal, ...wait }: WaitOptions): Promise<Gate> {
  const over = new LinkedAbort(signal);
  const waits = gates.map((gate) => gate.untilRoomFor(bytes, { ...wait, signal: over.signal }).then(() => gate));
  try {
    return await Promise.any(waits);
  } catch (error) {
    throw (error as AggregateError).errors.at(-1);
  } finally {
    over.abort();
    over.release();
  }
}
