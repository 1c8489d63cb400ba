/** Retries a failed write to the spool until it succeeds, because disks fill and are cleared slowly. */

import { blockedBy } from '../../shared/blocked.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Leases } from '../queue/leases.ts';

/** Time in ms from a failed write to its retry. */
const RETRY_MS = 250;

export interface WriteRetryContext {
  readonly producer: string;
  readonly logger: Logger;
  readonly leases: Pick<Leases, 'isUnanswered'>;
  /** Starts the retry. */
  again(): void;
}

export class WriteRetry {
  readonly #context: WriteRetryContext;
  #timer: NodeJS.Timeout | undefined;
  /** Why the last write failed, as it was logged; undefined once a write has succeeded. */
  #refusal: Error | undefined;

  constructor(context: WriteRetryContext) {
    this.#context = context;
  }

  /** Whether a retry is due. Until then no message is leased. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  get refusal(): Error | undefined {
    return this.#refusal;
  }

  refused(error: Error): void {
    const { logger, producer } = this.#context;
    const fields = { producer, err: error.message, ...blockedBy('spool') };
    if (this.#refusal === undefined) logger.error(fields, 'the spool cannot be written; it is tried again');
    this.#refusal = error;
    this.#later();
  }

  /** Waits until every lease that was on its way has come back, because messages leased earlier than that would overtake those. */
  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#context.leases.isUnanswered) return this.#later();
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
