/** The errors of all producers that were seen last. Each producer is looked at once a second, so the memory is bounded. */

import type { Operable } from '../caller/metrics/exporter.ts';

export interface RecentError {
  readonly producer: string;
  readonly message: string;
  /** When it was seen first and last, in ms since 1970. */
  readonly since: number;
  readonly until: number;
}

/** How many errors are kept. */
const MOST = 50;

/** Longest message, in UTF-16 units. */
const MOST_TEXT = 1000;

export class RecentErrors {
  /** The oldest comes first. */
  #errors: RecentError[] = [];

  /** Notes the current error of each producer. One that lasts is one entry, and so is one that comes back. */
  sample(producers: readonly Pick<Operable, 'name' | 'lastError'>[], now: number): void {
    for (const { name, lastError } of producers) {
      const error = lastError();
      if (error !== undefined) this.#note(name, error.message.slice(0, MOST_TEXT), now);
    }
  }

  #note(producer: string, message: string, now: number): void {
    const same = (one: RecentError) => one.producer === producer && one.message === message;
    const since = this.#errors.find(same)?.since ?? now;
    const others = this.#errors.filter((one) => !same(one));
    this.#errors = [...others, { producer, message, since, until: now }].slice(-MOST);
  }

  /** The newest comes first. */
  get list(): readonly RecentError[] {
    return this.#errors.toReversed();
  }
}
