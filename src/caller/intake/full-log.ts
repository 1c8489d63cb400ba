/** Logs that a producer's queue is full, what becomes of its messages meanwhile, and that there is capacity again. */

import type { Logger } from '../../shared/log/logger.ts';

/** How long the first caller must have waited, in ms: shorter waits are how a fast caller is paced. */
const LONG_MS = 1000;

const WHAT = {
  waits: 'the queue is full: callers wait',
  refused: 'the queue is full: messages are refused',
  dropped: 'the queue is full: messages are dropped',
} as const;

export class FullLog {
  readonly #logger: Logger;
  readonly #producer: string;
  #isSaid = false;

  /** `logger` bounds what it is given for each message. */
  constructor(logger: Logger, producer: string) {
    this.#logger = logger;
    this.#producer = producer;
  }

  /** Whether it is in the log that the queue is full, and not that this is over. */
  get isSaid(): boolean {
    return this.#isSaid;
  }

  /** The first caller has waited for so many ms. */
  waited(ms: number): void {
    if (ms >= LONG_MS) this.say('waits');
  }

  say(what: keyof typeof WHAT): void {
    this.#isSaid = true;
    this.#logger.warn({ producer: this.#producer }, WHAT[what]);
  }

  /** There is capacity. */
  over(): void {
    this.#isSaid = false;
    this.#logger.info({ producer: this.#producer }, 'the queue has capacity again');
  }
}
