import { deferred } from '../../shared/util/deferred.ts';

/** Lets one waiter sleep until something has changed, without missing what changed just before. */
export class Notifier {
  #waiting = deferred();

  /** Resolves at the next notification, counted from the last time that `wait` was left. */
  async wait(): Promise<void> {
    await this.#waiting.promise;
    this.#waiting = deferred();
  }

  notify(): void {
    this.#waiting.resolve();
  }
}
