/** RabbitMQ asks publishers to wait while it is low on memory or disk: that is no failure, and its time counts for no attempt. */

import type { Logger } from '../../logger.ts';

export class BackPressure {
  readonly #log: Logger;
  readonly #now: () => number;
  #since: number | undefined;
  #totalMs = 0;

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  get on(): boolean {
    return this.#since !== undefined;
  }

  /** How long it was on, in all, in ms. */
  get ms(): number {
    return this.#totalMs + (this.#since === undefined ? 0 : this.#now() - this.#since);
  }

  begin(reason: string): void {
    if (this.on) return;
    this.#since = this.#now();
    this.#log.warn({ reason }, 'RabbitMQ takes no messages for now: all wait, none is charged');
  }

  /** It is over, or the connection is that it was on. */
  end(): void {
    if (!this.on) return;
    const seconds = Math.round(this.#now() - (this.#since as number)) / 1000;
    this.#totalMs = this.ms;
    this.#since = undefined;
    this.#log.info({ seconds }, 'RabbitMQ takes messages again');
  }
}
