/** One `fdatasync` for all who wait: what is written while one runs is covered by the next. */

import { type Deferred, deferred } from '../../deferred.ts';

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

  /** `sync` makes everything durable that was written before it was called; it begins at most once in `intervalMs`. */
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
    if (this.#next !== undefined) return this.#next.promise;
    if (this.#running !== undefined) return this.#running;
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure);
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
    const waitMs = this.#begun + this.#intervalMs - performance.now();
    if (waitMs <= 0) this.#immediate = setImmediate(() => this.#run());
    else this.#timer = setTimeout(() => this.#run(), waitMs);
  }

  #run(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
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
