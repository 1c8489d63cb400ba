/** A spool that cannot be written is tried again: disks fill and are cleared slowly. */

import { blockedBy } from '../../shared/blocked.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Leases } from '../queue/leases.ts';

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
  /** Why the last write failed, which is in the log; undefined once something has been written. */
  #refusal: Error | undefined;

  constructor(context: WriteRetryContext) {
    this.#context = context;
  }

  /** Until then nothing is leased. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  get refusal(): Error | undefined {
    return this.#refusal;
  }

  refused(error: Error, leases: Leases): void {
    const { logger, producer } = this.#context;
    const fields = { producer, err: error.message, ...blockedBy('spool') };
    if (this.#refusal === undefined) logger.error(fields, 'the spool cannot be written; it is tried again');
    this.#refusal = error;
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
    if (this.#refusal !== undefined) logger.info({ producer }, 'the spool is written again');
    this.#refusal = undefined;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
