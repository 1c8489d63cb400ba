/** A spool that cannot be written is tried again: disks fill and are cleared slowly. */

import type { Logger } from '../logger.ts';
import type { Leases } from './leases.ts';

/** After a failed write the next one is tried so much later. */
const RETRY_MS = 250;

export interface WriteRetryContext {
  readonly producer: string;
  readonly logger: Logger;
  /** Writing is to be tried. */
  again(): void;
}

export class WriteRetry {
  readonly #context: WriteRetryContext;
  #timer: NodeJS.Timeout | undefined;
  /** Nothing has been written since the last failure, which was said. */
  #isRefused = false;

  constructor(context: WriteRetryContext) {
    this.#context = context;
  }

  /** Until then nothing is leased. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  refused(error: Error, leases: Leases): void {
    const { logger, producer } = this.#context;
    if (!this.#isRefused)
      logger.error({ producer, err: error.message }, 'the spool cannot be written; it is tried again');
    this.#isRefused = true;
    this.#later(leases);
  }

  /** Not before every lease has come back that was on its way: what is leased then would overtake it. */
  #later(leases: Leases): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (leases.isUnanswered) return this.#later(leases);
      this.#timer = undefined;
      this.#context.again();
    }, RETRY_MS);
  }

  written(): void {
    const { logger, producer } = this.#context;
    if (this.#isRefused) logger.info({ producer }, 'the spool is written again');
    this.#isRefused = false;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
