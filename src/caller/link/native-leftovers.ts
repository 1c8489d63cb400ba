/** Cleans up what a dead worker has left behind, such as native clients and their threads. */

import { errorText } from '../../shared/error-text.ts';
import type { Logger } from '../../shared/log/logger.ts';

const FIRST_PAUSE_MS = 100;
/** Attempts after the last worker has ended, with pauses that double: 25.4 s in all. */
const LAST_ATTEMPTS = 8;

export interface LeftoversContext {
  /** Cleans up, by the producer's class. Throws if, for instance, the system has no descriptor left to load a library with. */
  reclaim(): void;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Cleans up while no worker runs. A failed cleanup is retried before the next worker starts, and after the last one has ended. */
export class Leftovers {
  readonly #context: LeftoversContext;
  #isLeft = false;

  constructor(context: LeftoversContext) {
    this.#context = context;
  }

  /** Cleans up once a worker's thread is gone. Never throws. */
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

  /** Retries a failed cleanup, before another worker starts. */
  reclaimAgain(): void {
    if (this.#isLeft) this.reclaim();
  }

  /** Cleans up when no other worker follows. The retries neither delay the shutdown nor keep the process alive. */
  reclaimLast(attempt = 1): void {
    this.reclaim();
    if (this.#isLeft && attempt < LAST_ATTEMPTS)
      setTimeout(() => this.reclaimLast(attempt + 1), FIRST_PAUSE_MS * 2 ** attempt).unref();
  }
}
