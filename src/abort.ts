/**
 * Listeners of AbortSignals that come and go while the signal stays. A signal has one listener of ours, however many
 * callers wait for it: adding one to a signal takes as long as it has listeners, and Node warns of the eleventh.
 */

import { deferred } from './deferred.ts';
import { callApart } from './uncaught.ts';

/** What hears of an abort. */
export interface AbortListener {
  aborted(): void;
}

/** Everything that waits for one signal. */
class Hub {
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<AbortListener>();
  readonly #abort = () => {
    // As at an EventTarget, the error of one listener does not keep the signal from the others.
    for (const listener of this.#listeners) callApart(() => listener.aborted());
    hubs.delete(this.#signal);
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  add(listener: AbortListener): void {
    this.#listeners.add(listener);
  }

  delete(listener: AbortListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#signal.removeEventListener('abort', this.#abort);
    hubs.delete(this.#signal);
  }
}

const hubs = new WeakMap<AbortSignal, Hub>();

/** Tells the listener once the signal is aborted, or at once when it is already. */
export function listen(signal: AbortSignal, listener: AbortListener): void {
  if (signal.aborted) {
    listener.aborted();
    return;
  }
  const hub = hubs.get(signal) ?? new Hub(signal);
  hubs.set(signal, hub);
  hub.add(listener);
}

/** The wait is over. Has no effect on what does not listen. */
export function unlisten(signal: AbortSignal, listener: AbortListener): void {
  hubs.get(signal)?.delete(listener);
}

/** The same with a function; what it returns takes the listener away. */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  const listener: AbortListener = { aborted };
  listen(signal, listener);
  return () => unlisten(signal, listener);
}

/**
 * A signal that is aborted with the first of `sources`, until it is released. AbortSignal.any keeps 66 bytes for each call in every
 * source, for as long as that source lives.
 */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #unlink: readonly (() => void)[];

  constructor(...sources: readonly (AbortSignal | undefined)[]) {
    this.#unlink = sources
      .filter((source) => source !== undefined)
      .map((source) => onAbort(source, () => this.abort(source.reason)));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  /** The sources do not matter any more. */
  release(): void {
    for (const unlink of this.#unlink) unlink();
  }
}

/** Calls `work` with a signal that is aborted with the first of `sources`, for as long as the work lasts. */
export async function linked<T>(
  sources: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const link = new LinkedAbort(...sources);
  try {
    return await work(link.signal);
  } finally {
    link.release();
  }
}

/** Resolves when `work` does, or once the signal is aborted. @throws what `work` rejects with before that */
export async function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const over = deferred();
  const forget = onAbort(signal, over.resolve);
  try {
    await Promise.race([work, over.promise]);
  } finally {
    forget();
  }
}
