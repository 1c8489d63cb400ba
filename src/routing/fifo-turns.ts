/**
 * FIFO queue of the callers whose messages go to several producers; each route has one. Only the first caller waits for the
 * producers' capacity, so that all producers get the messages of a route in the same order.
 */

import type { CapacityCheck } from '../caller/intake/capacity-check.ts';
import { gaveUp } from '../caller/intake/room-waiters.ts';
import { LinkedAbort } from '../shared/util/abort.ts';
import { DEFAULT_TIMEOUT_MS, type WaitOptions, Waits } from '../shared/util/wait.ts';
import type { Blocked } from './target-with-fallbacks.ts';

/** Tries to get a message accepted. `granted` is the capacity check at which the caller has just waited. */
type Attempt<T> = (granted: CapacityCheck | undefined) => { readonly got: T } | Blocked;

interface Until extends WaitOptions {
  /** Deadline, in ms of `performance.now`. */
  readonly end: number;
}

export class FifoTurns {
  readonly #waits = new Waits<void>(({ options }, reason) => {
    throw gaveUp(reason, options);
  });
  /** Whether a caller has its turn; later callers then queue behind it. */
  #isTaken = false;

  /**
   * Returns the result of `attempt`. It is called at once if no caller waits, and again whenever there may be capacity.
   * @throws QueueFullError at the deadline; PublishError when aborted; ProducerClosedError; the error of a permanent refusal
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

  /** Runs `work` while the turn stays taken, then lets the next caller have its turn. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const next = this.#waits.first;
      if (next === undefined) this.#isTaken = false;
      else next.resolve();
    }
  }

  /** Repeats `attempt` until it succeeds. `last` is the result of an attempt that was made before. */
  async #first<T>(bytes: number, attempt: Attempt<T>, { end, ...options }: Until, last?: Blocked): Promise<T> {
    if (options.signal?.aborted) throw gaveUp('aborted', options);
    for (let answer = last ?? attempt(undefined); ; ) {
      if ('got' in answer) return answer.got;
      const { checks, error } = answer;
      if (checks.length === 0) throw error;
      const timeout = Math.ceil(Math.max(0, end - performance.now()));
      answer = attempt(await firstWithRoom(checks, bytes, { ...options, timeout }));
    }
  }
}

/** Waits at all capacity checks until one has capacity. @throws the error of the last check when none has */
async function firstWithRoom(
  checks: readonly CapacityCheck[],
  bytes: number,
  { signal, ...wait }: WaitOptions,
): Promise<CapacityCheck> {
  const over = new LinkedAbort(signal);
  const waits = checks.map((check) => check.untilRoomFor(bytes, { ...wait, signal: over.signal }).then(() => check));
  try {
    return await Promise.any(waits);
  } catch (error) {
    throw (error as AggregateError).errors.at(-1);
  } finally {
    over.abort();
    over.release();
  }
}
