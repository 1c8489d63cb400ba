/**
 * Listeners of AbortSignals that come and go while the signal stays. This module adds one listener of its own to a signal, however
 * many callers wait for it. Adding a listener takes time in proportion to those already there, and Node warns of the eleventh.
 */

import { deferred } from './deferred.ts';
import { callApart } from './uncaught.ts';

/** Maximum number of listeners called in one turn of the event loop. Each of them may settle a promise that a caller awaits. */
const TOLD_A_TURN = 256;

/** Gets the abort of a signal. */
export interface AbortListener {
  aborted(): void;
}

class Hub {
  readonly #signal: AbortSignal;
  readonly #functions = new Set<() => void>();
  readonly #listeners = new Set<AbortListener>();
  readonly #abort = () => {
    // As at an EventTarget, an error of one listener does not keep the abort from the others.
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
    // A listener may be taken away twice, and the signal has a newer hub by then.
    if (hubs.get(this.#signal) === this) hubs.delete(this.#signal);
  }
}

/** Signals that have not been aborted. The hub of an aborted signal lives on in the turns in which it calls its listeners. */
const hubs = new WeakMap<AbortSignal, Hub>();

function add(signal: AbortSignal, listener: AbortListener | (() => void)): Hub {
  const hub = hubs.get(signal) ?? new Hub(signal);
  hubs.set(signal, hub);
  hub.add(listener);
  return hub;
}

/**
 * Calls the listener once the signal is aborted, or at once when it is already. Of thousands of listeners, a part is called in each
 * turn of the event loop; until its turn a listener can only read `signal.aborted`. The result removes the listener, also one not
 * called yet.
 */
export function listen(signal: AbortSignal, listener: AbortListener): Hearing | undefined {
  if (!signal.aborted) return add(signal, listener);
  listener.aborted();
  return undefined;
}

/** Removes a listener. Has no effect on one that is not registered. */
export interface Hearing {
  delete(listener: AbortListener): void;
}

/** Calls a function in the turn of the abort, or at once when that is past. The returned function unregisters it. */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  if (signal.aborted) {
    aborted();
    return () => {};
  }
  const own = () => aborted(); // the same function may be registered twice
  const hub = add(signal, own);
  return () => hub.delete(own);
}

/** A signal aborted with the first of `sources`, until it is released. `AbortSignal.any` would keep 66 bytes in each source. */
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

  /** Stops listening to the sources. */
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
