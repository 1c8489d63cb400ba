/** Waits of a caller. Each has a deadline, takes an AbortSignal, and leaves no timer or listener behind. */

import { type AbortListener, type Hearing, listen } from './abort.ts';
import { Fifo, type Linked } from './fifo.ts';
import { JOBS_A_TURN, type Job, Pacer } from './pacer.ts';

/** Options of every call that waits. */
export interface WaitOptions {
  /** Maximum time of the wait in ms, or Infinity. @default 10000 */
  readonly timeout?: number;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_TIMEOUT_MS = 10_000;

/** Longest delay of a timer in ms. setTimeout fires at once beyond this. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Why a wait ends without a result. */
export type Reason = 'timeout' | 'aborted';

/** Called when a wait times out or is aborted. The wait resolves with the returned value, or rejects with the error. */
export type GiveUp<T, About = void, Options extends WaitOptions = WaitOptions> = (
  wait: Wait<T, About, Options>,
  reason: Reason,
) => T;

/** The part of its list that a wait uses. */
interface Owner<T, About, Options extends WaitOptions> {
  readonly pacer: Pacer;
  readonly giveUp: GiveUp<T, About, Options>;
  left(wait: Wait<T, About, Options>): void;
}

/** One caller's wait: also the timer's argument, the listener, the job and the list item, as there may be 100 000. */
export class Wait<T, About = void, Options extends WaitOptions = WaitOptions>
  implements AbortListener, Job, Linked<Wait<T, About, Options>>
{
  /** What the caller waits for, as the list's owner has described it. */
  readonly about: About;
  readonly options: Options;
  /** The position of this wait among all that were ever added to the list. */
  readonly order: number;
  readonly promise: Promise<T>;
  before: Wait<T, About, Options> | undefined = undefined;
  behind: Wait<T, About, Options> | undefined = undefined;
  isIn = false;
  readonly #owner: Owner<T, About, Options>;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #hearing: Hearing | undefined;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  #isSettled = false;
  /** The work of the next `run`. */
  #fate: Reason | 'resolve' | 'reject' | undefined;
  #got: T | (() => Error) | undefined;

  constructor(owner: Owner<T, About, Options>, about: About, options: Options, order: number) {
    this.#owner = owner;
    this.about = about;
    this.options = options;
    this.order = order;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { timeout = DEFAULT_TIMEOUT_MS, signal } = options;
    if (timeout < LONGEST_TIMER_MS) this.#timer = setTimeout(expire, timeout, this);
    if (signal !== undefined) this.#hearing = listen(signal, this);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  aborted(): void {
    this.#endSoon('aborted');
  }

  expired(): void {
    // The listener of the abort may be called in a later turn.
    this.#endSoon(this.options.signal?.aborted ? 'aborted' : 'timeout');
  }

  /** Ends the wait if its signal has been aborted and its listener has not been called yet. Returns whether the wait has settled. */
  endIfAborted(): boolean {
    if (this.options.signal?.aborted) this.#end('aborted');
    return this.#isSettled;
  }

  #endSoon(reason: Reason): void {
    if (this.#isSettled || this.#fate !== undefined) return;
    this.#fate = reason;
    this.#owner.pacer.run(this);
  }

  #end(reason: Reason): void {
    if (!this.#leave()) return;
    try {
      this.#resolve(this.#owner.giveUp(this, reason));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Resolves the wait. Has no effect on one that has settled. */
  resolve(value: T): void {
    if (this.#leave()) this.#tell('resolve', value);
  }

  /** Rejects the wait, if it has not settled. Makes the error only when the caller's promise is rejected. */
  reject(makeError: () => Error): void {
    if (this.#leave()) this.#tell('reject', makeError);
  }

  #tell(fate: 'resolve' | 'reject', got: T | (() => Error)): void {
    this.#fate = fate;
    this.#got = got;
    this.#owner.pacer.run(this);
  }

  /** Called once for each time that the wait was passed to the pacer. Only the first call has an effect. */
  run(): void {
    const fate = this.#fate;
    this.#fate = undefined;
    if (fate === 'resolve') this.#resolve(this.#got as T);
    else if (fate === 'reject') this.#reject((this.#got as () => Error)());
    else if (fate !== undefined) this.#end(fate);
  }

  /** Marks the wait as settled and removes it from its list. Returns false when it had settled before. */
  #leave(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#hearing?.delete(this);
    this.#owner.left(this);
    return true;
  }
}

const expire = (wait: { expired(): void }): void => wait.expired();

/**
 * Callers that wait, in the order in which they came. A wait leaves the list when it settles. When thousands settle together, a
 * part of their promises is settled in each turn of the event loop.
 */
export class Waits<T, About = void, Options extends WaitOptions = WaitOptions> {
  readonly #list = new Fifo<Wait<T, About, Options>>();
  readonly #owner: Owner<T, About, Options>;
  #added = 0;

  /** `left` is called when a wait settles. */
  constructor(giveUp: GiveUp<T, About, Options>, left: (about: About) => void = () => {}) {
    this.#owner = {
      pacer: new Pacer(),
      giveUp,
      left: (wait) => {
        this.#list.remove(wait);
        left(wait.about);
      },
    };
  }

  get size(): number {
    return this.#list.size;
  }

  get isEmpty(): boolean {
    return this.#list.size === 0;
  }

  get first(): Wait<T, About, Options> | undefined {
    return this.#list.first;
  }

  /** Adds a wait. One whose signal has been aborted already settles at once. */
  add(about: About, options: Options): Wait<T, About, Options> {
    const wait = new Wait(this.#owner, about, options, ++this.#added);
    if (!wait.isSettled) this.#list.push(wait);
    return wait;
  }

  /** Settles the present waits, from the front, while `wanted` returns true; thousands of them in several turns. */
  settle(settle: (wait: Wait<T, About, Options>) => void, wanted: (about: About) => boolean = () => true): void {
    this.#settleUpTo(this.#added, settle, wanted);
  }

  #settleUpTo(last: number, settle: (wait: Wait<T, About, Options>) => void, wanted: (about: About) => boolean): void {
    for (let settled = 0; settled < JOBS_A_TURN; settled++) {
      const { first } = this;
      if (first === undefined || first.order > last || !wanted(first.about)) return;
      settle(first);
    }
    setImmediate(() => this.#settleUpTo(last, settle, wanted));
  }
}
