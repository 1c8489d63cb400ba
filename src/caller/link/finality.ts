/** Decides whether an error ends the producer, or is one more death of a worker. The error ended a worker or prevented its start. */

import { isTakenAway } from '../../shared/classify-error.ts';
import { isOurs } from '../../shared/errors.ts';
import type { ProducerState } from '../../shared/lifecycle.ts';
import { isPassing } from '../../shared/util/passing-errors.ts';

export class Finality {
  readonly #state: () => ProducerState;
  #last: string | undefined;

  constructor(state: () => ProducerState) {
    this.#state = state;
  }

  /**
   * Before the first connection, the configuration or the class may be the cause. After it, both are known to work, so the cause may be
   * put right. At a shutdown there is no time for that.
   */
  isFinal(error: Error): boolean {
    if (isTakenAway(error)) return true;
    if (isPassing(error) || this.#state() === 'ready') return false;
    return this.#state() !== 'starting' || isOurs(error) || this.#isRepeated(error);
  }

  /**
   * Whether a second thread has found the same error. Only then does an error of a module count. Node treats a `package.json` as missing
   * if the system did not let it read the file, and then reports an error of the module.
   */
  #isRepeated({ message }: Error): boolean {
    const isRepeated = message === this.#last;
    this.#last = message;
    return isRepeated;
  }
}
