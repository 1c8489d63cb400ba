/** Waits of a caller: each has a deadline, takes an AbortSignal, and leaves nothing behind. */

import { onAbort } from '../abort.ts';
import { type Deferred, deferred } from '../deferred.ts';
import { Fifo, type Place } from '../fifo.ts';
import { JOBS_A_TURN, Pacer } from '../pacer.ts';

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

/** Makes the error for an expired deadline or an aborted signal, or a value where that is no failure. It may clean up. */
export type GiveUp<T> = (reason: 'timeout' | 'aborted') => Error | T;

/** What a wait needs of the list that it is in. */
interface Owner<About> {
  /** What the caller waits for. */
  readonly about: About;
  /** Its number among all waits of the list. */
  readonly order: number;
  readonly pacer: Pacer;
  /** The wait has settled. */
  left(): void;
}

/** One caller's wait. */
export class Wait<T, About = void> {
  readonly #owner: Owner<About>;
  readonly #signal: AbortSignal | undefined;
  readonly #giveUp: GiveUp<T>;
  readonly #deferred: Deferred<T> = deferred<T>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #forgetSignal: (() => void) | undefined;
  #isSettled = false;

  constructor(owner: Owner<About>, { timeout = DEFAULT_TIMEOUT_MS, signal }: WaitOptions, giveUp: GiveUp<T>) {
    this.#owner = owner;
    this.#signal = signal;
    this.#giveUp = giveUp;
    if (timeout < LONGEST_TIMER_MS) this.#timer = setTimeout(() => this.#endSoon('timeout'), timeout);
    this.#forgetSignal = signal && onAbort(signal, () => this.#endSoon('aborted'));
  }

  get about(): About {
    return this.#owner.about;
  }

  get order(): number {
    return this.#owner.order;
  }

  get promise(): Promise<T> {
    return this.#deferred.promise;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Gives the wait up if its signal has been aborted and its turn to hear of that has not come yet. Returns whether it has settled. */
  endIfAborted(): boolean {
    if (this.#signal?.aborted) this.#end('aborted');
    return this.#isSettled;
  }

  #endSoon(reason: 'timeout' | 'aborted'): void {
    this.#owner.pacer.run(() => this.#end(reason));
  }

  #end(reason: 'timeout' | 'aborted'): void {
    if (!this.#leave()) return;
    const value = this.#giveUp(reason);
    if (value instanceof Error) this.#deferred.reject(value);
    else this.#deferred.resolve(value);
  }

  /** Has no effect on a wait that has settled. */
  resolve(value: T): void {
    if (this.#leave()) this.#owner.pacer.run(() => this.#deferred.resolve(value));
  }

  /** The same. The error is made when the caller is told. */
  reject(makeError: () => Error): void {
    if (this.#leave()) this.#owner.pacer.run(() => this.#deferred.reject(makeError()));
  }

  /** Returns false when it has settled before. */
  #leave(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#forgetSignal?.();
    this.#owner.left();
    return true;
  }
}

/**
 * Callers that wait, in the order in which they came. A wait that has settled, for whatever reason, is not in the list any more.
 * When thousands end together, a part of them is told in each turn of the event loop.
 */
export class Waits<T, About = void> {
  readonly #pacer = new Pacer();
  readonly #list = new Fifo<Wait<T, About>>();
  readonly #left: (about: About) => void;
  #added = 0;

  /** `left` is called when a wait settles. */
  constructor(left: (about: About) => void = () => {}) {
    this.#left = left;
  }

  get size(): number {
    return this.#list.size;
  }

  get isEmpty(): boolean {
    return this.#list.size === 0;
  }

  get first(): Wait<T, About> | undefined {
    return this.#list.first;
  }

  /** A wait whose signal has been aborted already settles at once. */
  add(about: About, options: WaitOptions, giveUp: GiveUp<T>): Wait<T, About> {
    let place: Place | undefined;
    const left = () => {
      place?.leave();
      this.#left(about);
    };
    const wait = new Wait<T, About>({ about, order: ++this.#added, pacer: this.#pacer, left }, options, giveUp);
    if (!wait.isSettled) place = this.#list.push(wait);
    return wait;
  }

  /**
   * Settles those that wait now, from the front, for as long as `wanted` holds. Thousands are settled in several turns of the event
   * loop; one that comes meanwhile is left alone.
   */
  settle(settle: (wait: Wait<T, About>) => void, wanted: (about: About) => boolean = () => true): void {
    this.#settleUpTo(this.#added, settle, wanted);
  }

  #settleUpTo(last: number, settle: (wait: Wait<T, About>) => void, wanted: (about: About) => boolean): void {
    for (let settled = 0; settled < JOBS_A_TURN; settled++) {
      const { first } = this;
      if (first === undefined || first.order > last || !wanted(first.about)) return;
      settle(first);
    }
    setImmediate(() => this.#settleUpTo(last, settle, wanted));
  }
}
