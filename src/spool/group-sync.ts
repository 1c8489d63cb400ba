/**
 * One `fdatasync` for all who wait: what is written while one runs is covered by the next. Where nobody waits, there is one
 * an interval.
 */

import { type Deferred, deferred } from '../shared/util/deferred.ts';

export class GroupSync {
  readonly #intervalMs: number;
  readonly #sync: () => Promise<void>;
  /** Of what has been written since the last sync began. */
  #next: Deferred<void> | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** When the last sync began. */
  #begun = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  /** Somebody waits for the next one. */
  #wanted = false;

  /** `sync` makes everything durable that was written before it was called; unasked, it begins once in `intervalMs`. */
  constructor(intervalMs: number, sync: () => Promise<void>) {
    this.#intervalMs = intervalMs;
    this.#sync = sync;
  }

  /** Something was written. */
  touch(): void {
    if (this.#next !== undefined) return;
    this.#next = deferred();
    // Whoever waits hears of a failure; where nobody does, it is no unhandled rejection.
    this.#next.promise.catch(() => {});
    if (this.#running === undefined) this.#schedule();
  }

  /** Resolves when everything written before is durable; rejects when it could not be made so. */
  synced(): Promise<void> {
    if (this.#next !== undefined) return this.#soon(this.#next.promise);
    if (this.#running !== undefined) return this.#running;
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure);
  }

  /** Whoever waits does not wait for the interval. */
  #soon(promise: Promise<void>): Promise<void> {
    if (this.#wanted) return promise;
    this.#wanted = true;
    if (this.#running === undefined) this.#schedule();
    return promise;
  }

  /** Syncs what is left without waiting for the interval. */
  async finish(): Promise<void> {
    while (this.#next !== undefined || this.#running !== undefined) {
      if (this.#running === undefined) this.#run();
      await this.#running?.catch(() => {});
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Not in this turn, whose other writes are to have their part in it. */
  #schedule(): void {
    this.#unschedule();
    const waitMs = this.#wanted ? 0 : this.#begun + this.#intervalMs - performance.now();
    if (waitMs <= 0) this.#immediate = setImmediate(() => this.#run());
    else this.#timer = setTimeout(() => this.#run(), waitMs);
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #run(): void {
    this.#unschedule();
    this.#wanted = false;
    this.#begun = performance.now();
    const { promise, resolve, reject } = this.#next as Deferred<void>;
    this.#next = undefined;
    this.#running = promise;
    this.#sync().then(
      () => this.#ended(undefined, resolve),
      (error) => this.#ended(error, () => reject(error)),
    );
  }

  #ended(failure: unknown, settle: () => void): void {
    this.#failure = failure;
    this.#running = undefined;
    if (this.#next !== undefined) this.#schedule();
    settle();
  }
}
