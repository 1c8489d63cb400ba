/**
 * Shares one `fdatasync` among all callers that wait. Writes during a sync are covered by the next one. While no caller waits,
 * a sync begins at most once per interval.
 */

import { type Deferred, deferred } from '../shared/util/deferred.ts';

export class GroupSync {
  readonly #intervalMs: number;
  readonly #sync: () => Promise<void>;
  /** Settles with the next sync. Set if something was written since the last sync began. */
  #next: Deferred<void> | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** Time in ms at which the last sync began. */
  #begun = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  /** Whether a caller waits for the next sync. */
  #wanted = false;

  /**
   * `sync` makes everything durable that was written before its call. While no caller waits, it is called at most once per
   * `intervalMs`.
   */
  constructor(intervalMs: number, sync: () => Promise<void>) {
    this.#intervalMs = intervalMs;
    this.#sync = sync;
  }

  /** Records that something was written. */
  touch(): void {
    if (this.#next !== undefined) return;
    this.#next = deferred();
    // Callers that wait get the rejection. Without a caller it must not become an unhandled rejection.
    this.#next.promise.catch(() => {});
    if (this.#running === undefined) this.#schedule();
  }

  /** Resolves when everything written before is durable. Rejects when it could not be made durable. */
  synced(): Promise<void> {
    if (this.#next !== undefined) return this.#soon(this.#next.promise);
    if (this.#running !== undefined) return this.#running;
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure);
  }

  /** Schedules the next sync at once, because a caller that waits does not wait for the interval. */
  #soon(promise: Promise<void>): Promise<void> {
    if (this.#wanted) return promise;
    this.#wanted = true;
    if (this.#running === undefined) this.#schedule();
    return promise;
  }

  /** Syncs everything left, without waiting for the interval. */
  async finish(): Promise<void> {
    while (this.#next !== undefined || this.#running !== undefined) {
      if (this.#running === undefined) this.#run();
      await this.#running?.catch(() => {});
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Schedules the next sync, never in this turn of the event loop, so that it covers the turn's other writes too. */
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
