/** Decides whether an error that a worker ends with, or cannot be made for, ends its producer, or is one more death. */

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
   * Before the producer is connected for the first time, its configuration or its class may be to blame. Later it is
   * known that both can be used, so what is wrong now may be put right. At a shutdown there is no time for that.
   */
  isFinal(error: Error): boolean {
    if (isTakenAway(error)) return true;
    if (isPassing(error) || this.#state() === 'ready') return false;
    return this.#state() !== 'starting' || isOurs(error) || this.#isRepeated(error);
  }

  /**
   * An error of a module counts when a second thread finds the same: Node takes a `package.json` that the system did not
   * let it read for one that is not there, and then finds fault with the module.
   */
  #isRepeated({ message }: Error): boolean {
    const isRepeated = message === this.#last;
    this.#last = message;
    return isRepeated;
  }
}
