/** Callers that wait for the first connection. */

import { ConnectError } from '../shared/errors.ts';
import { type WaitOptions, Waits } from '../shared/util/wait.ts';

export class StartWaits {
  readonly #name: string;
  readonly #lastError: () => Error | undefined;
  readonly #waits = new Waits<void>((_wait, reason) => {
    throw this.#error(reason === 'aborted' ? 'starting was aborted' : 'not connected in time');
  });

  constructor(name: string, lastError: () => Error | undefined) {
    this.#name = name;
    this.#lastError = lastError;
  }

  /** Resolves once connected. @throws ConnectError at the deadline, when aborted, or when the worker backs off */
  until(options: WaitOptions): Promise<void> {
    return this.#waits.add(undefined, options).promise;
  }

  connected(): void {
    this.#waits.settle((wait) => wait.resolve());
  }

  /** Rejects the waits, because they have lasted long enough. The worker continues to try. */
  backingOff(): void {
    this.fail(this.#error('no connection'));
  }

  fail(error: Error): void {
    this.#waits.settle((wait) => wait.reject(() => error));
  }

  #error(what: string): ConnectError {
    const cause = this.#lastError();
    return new ConnectError(`producer ${this.#name}: ${what}${cause ? `: ${cause.message}` : ''}`, { cause });
  }
}
