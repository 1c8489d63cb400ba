/** Decides whether an error ends the producer, or is one more death of a worker. The error ended a worker or prevented its start. */

import { isTakenAway } from '../../shared/classify-error.ts';
import { isOurs } from '../../shared/errors.ts';
import { isPassing } from '../../shared/util/passing-errors.ts';
import type { Life } from '../producer-state.ts';

export class Finality {
  readonly #life: Pick<Life, 'state'>;
  #last: string | undefined;

  constructor(life: Pick<Life, 'state'>) {
    this.#life = life;
  }

  /**
   * Before the first connection, the configuration or the class may be the cause. After it, both are known to work, so the cause may be
   * put right. At a shutdown there is no time for that.
   */
  isFinal(error: Error): boolean {
    if (isTakenAway(error)) return true;
    const { state } = this.#life;
    if (isPassing(error) || state === 'ready') return false;
    return state !== 'starting' || isOurs(error) || this.#isRepeated(error);
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
