/**
 * Listeners of AbortSignals that come and go while the signal stays. A signal has one listener of ours, however many
 * callers wait for it: adding one to a signal takes as long as it has listeners, and Node warns of the eleventh.
 */

import { deferred } from './deferred.ts';
import { callApart } from './uncaught.ts';

/** Listeners that are told in one turn of the event loop. Each of them may settle a promise that a caller awaits. */
const TOLD_A_TURN = 256;

/** What hears of an abort. */
export interface AbortListener {
  aborted(): void;
}

/** Everything that waits for one signal. */
class Hub {
  readonly #signal: AbortSignal;
  readonly #functions = new Set<() => void>();
  readonly #listeners = new Set<AbortListener>();
  readonly #abort = () => {
    // As at an EventTarget, the error of one listener does not keep the signal from the others.
    for (const aborted of this.#functions) callApart(aborted);
    hubs.delete(this.#signal);
    this.#tellSome();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  #tellSome(): void {
    let left = TOLD_A_TURN;
    for (const listener of this.#listeners) {
      if (left-- === 0) {
        setImmediate(() => this.#tellSome());
        return;
      }
      this.#listeners.delete(listener);
      callApart(() => listener.aborted());
    }
  }

  add(listener: AbortListener | (() => void)): void {
    if (typeof listener === 'function') this.#functions.add(listener);
    else this.#listeners.add(listener);
  }

  delete(listener: AbortListener | (() => void)): void {
    if (typeof listener === 'function') this.#functions.delete(listener);
    else this.#listeners.delete(listener);
    if (this.#functions.size + this.#listeners.size > 0) return;
    this.#signal.removeEventListener('abort', this.#abort);
    hubs.delete(this.#signal);
  }
}

/** Those that have been aborted are not in it: what they have still to tell lives on in their own turns. */
const hubs = new WeakMap<AbortSignal, Hub>();

function add(signal: AbortSignal, listener: AbortListener | (() => void)): Hub {
  const hub = hubs.get(signal) ?? new Hub(signal);
  hubs.set(signal, hub);
  hub.add(listener);
  return hub;
}

/**
 * Tells the listener once the signal is aborted, or at once when it is already. Of thousands, a part is told in each turn of the event
 * loop; until then `signal.aborted` alone says it. What is returned takes the listener away, also from those that are still to be told.
 */
export function listen(signal: AbortSignal, listener: AbortListener): Hearing | undefined {
  if (!signal.aborted) return add(signal, listener);
  listener.aborted();
  return undefined;
}

/** Where a listener is taken away again. Has no effect on what does not listen. */
export interface Hearing {
  delete(listener: AbortListener): void;
}

/** Calls a function in the turn of the abort, or at once when that is past; what it returns takes the function away. */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  if (signal.aborted) {
    aborted();
    return () => {};
  }
  const own = () => aborted(); // the same function may be given twice
  const hub = add(signal, own);
  return () => hub.delete(own);
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
