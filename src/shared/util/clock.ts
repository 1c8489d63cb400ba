/** The source of time for the rest of the code, so that tests run a 60 s back-off in milliseconds. */

import { onAbort } from './abort.ts';

/** A source of time; all figures in milliseconds. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted. It never rejects, so the caller has to check the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. Looks the global timers up at each call, so that a fake clock installed later is honoured. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        forget?.();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const forget = signal && onAbort(signal, done);
    }),
};
