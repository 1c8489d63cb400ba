/** Runs code of OpenTelemetry, which belongs to the application. No message and no producer may depend on it. */

import { errorText } from '../../shared/error-text.ts';
import type { Logger } from '../../shared/log/logger.ts';

export interface GuardContext {
  /** The producer's name. */
  readonly producer: string;
  readonly logger: Logger;
}

export class Guard {
  readonly #context: GuardContext;
  #hasFailed = false;

  constructor(context: GuardContext) {
    this.#context = context;
  }

  /** Runs `act`. An error is not thrown, and the first one is logged. */
  run(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { logger, producer } = this.#context;
    logger.warn({ producer, err: errorText(error) }, 'OpenTelemetry failed; the messages are sent all the same');
  }
}
