/** Logs that a producer's queue is full, how its messages are treated meanwhile, and that there is capacity again. */

import type { Logger } from '../../shared/log/logger.ts';

/** Time in ms that the first caller must have waited before it is logged. Shorter waits only pace a fast caller. */
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
  #isEnded = false;

  /** `logger` limits the lines that it logs per message. */
  constructor(logger: Logger, producer: string) {
    this.#logger = logger;
    this.#producer = producer;
  }

  /** Whether the log reports that the queue is full, and not yet that it has capacity again. */
  get isSaid(): boolean {
    return this.#isSaid;
  }

  /** Logs that callers wait, if the first caller has waited long. `ms` is how long it has waited. */
  waited(ms: number): void {
    if (ms >= LONG_MS) this.say('waits');
  }

  say(what: keyof typeof WHAT): void {
    if (this.#isEnded) return;
    this.#isSaid = true;
    this.#logger.warn({ producer: this.#producer }, WHAT[what]);
  }

  /** Logs nothing from now on, because no more messages are accepted. */
  end(): void {
    this.#isEnded = true;
    this.#isSaid = false;
  }

  /** Logs that there is capacity again. */
  over(): void {
    this.#isSaid = false;
    this.#logger.info({ producer: this.#producer }, 'the queue has capacity again');
  }
}
