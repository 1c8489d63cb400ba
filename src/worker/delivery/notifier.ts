import { deferred } from '../../shared/util/deferred.ts';

/** Lets one waiter sleep until a notification comes. A notification that comes just before it sleeps is not missed. */
export class Notifier {
  #waiting = deferred();

  /** Resolves at the next notification. One that came since the last `wait` resolved counts too. */
  async wait(): Promise<void> {
    await this.#waiting.promise;
    this.#waiting = deferred();
  }

  notify(): void {
    this.#waiting.resolve();
  }
}
