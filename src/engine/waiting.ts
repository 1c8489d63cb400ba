/** Waits of a caller: each has a deadline, takes an AbortSignal, and leaves nothing behind. */

import { type Deferred, deferred } from '../deferred.ts';

/** Options of everything that a caller waits for. */
export interface WaitOptions {
  /** Milliseconds, or Infinity. @default 10000 */
  readonly timeout?: number;
  /** Gives the wait up when it is aborted. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_TIMEOUT_MS = 10_000;

/** setTimeout fires at once beyond this. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A caller's wait. `giveUp` makes the error for an expired deadline or an aborted signal, and may clean up. */
export interface Wait<T> extends Deferred<T> {
  readonly settled: () => boolean;
}

export function wait<T>(options: WaitOptions, giveUp: (reason: 'timeout' | 'aborted') => Error | T): Wait<T> {
  const { promise, resolve, reject } = deferred<T>();
  const { signal, timeout = DEFAULT_TIMEOUT_MS } = options;
  let settled = false;
  const finish = (settle: () => void) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    settle();
  };
  const end = (reason: 'timeout' | 'aborted') => {
    const value = giveUp(reason);
    finish(() => (value instanceof Error ? reject(value) : resolve(value)));
  };
  const abort = () => end('aborted');
  const timer = timeout < LONGEST_TIMER_MS ? setTimeout(() => end('timeout'), timeout) : undefined;
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  return {
    promise,
    settled: () => settled,
    resolve: (value) => finish(() => resolve(value)),
    reject: (error) => finish(() => reject(error)),
  };
}
