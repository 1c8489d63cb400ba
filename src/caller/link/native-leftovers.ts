/** What a worker has left behind that is gone, such as native clients and their threads. */

import { errorText } from '../../shared/error-text.ts';
import type { Logger } from '../../shared/log/logger.ts';

const FIRST_PAUSE_MS = 100;
/** Attempts after the last worker has ended, with pauses that double: 25.5 s in all. */
const LAST_ATTEMPTS = 8;

export interface LeftoversContext {
  /** Cleans up, as the producer's class says. Throws where the system has no descriptor to load a library with, for instance. */
  reclaim(): void;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Cleans up while no worker runs. What fails is tried again before the next worker starts, and after the last one. */
export class Leftovers {
  readonly #context: LeftoversContext;
  #isLeft = false;

  constructor(context: LeftoversContext) {
    this.#context = context;
  }

  /** Call it when a worker's thread is gone. Never throws. */
  reclaim(): void {
    const { log, fields } = this.#context;
    try {
      this.#context.reclaim();
      if (this.#isLeft) log.info(fields, 'what the worker left behind is cleaned up now');
      this.#isLeft = false;
    } catch (error) {
      const err = errorText(error);
      if (!this.#isLeft) log.error({ ...fields, err }, 'what the worker left behind was not cleaned up');
      this.#isLeft = true;
    }
  }

  /** Call it before another worker starts. */
  reclaimAgain(): void {
    if (this.#isLeft) this.reclaim();
  }

  /** The same when no other worker comes. Further attempts neither hold up the shutdown nor hold the process open. */
  reclaimLast(attempt = 1): void {
    this.reclaim();
    if (this.#isLeft && attempt < LAST_ATTEMPTS)
      setTimeout(() => this.reclaimLast(attempt + 1), FIRST_PAUSE_MS * 2 ** attempt).unref();
  }
}
