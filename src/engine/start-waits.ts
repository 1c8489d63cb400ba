/** Callers that wait for the first connection. */

import { ConnectError } from '../errors.ts';
import { type Wait, type WaitOptions, wait } from './waiting.ts';

export class StartWaits {
  readonly #name: string;
  readonly #lastError: () => Error | undefined;
  #waits: Wait<void>[] = [];

  constructor(name: string, lastError: () => Error | undefined) {
    this.#name = name;
    this.#lastError = lastError;
  }

  /** Resolves once connected. @throws ConnectError at the deadline, when aborted, or when the worker backs off */
  until(options: WaitOptions): Promise<void> {
    const started = wait<void>(options, (reason) =>
      this.#error(reason === 'aborted' ? 'starting was aborted' : 'not connected in time'),
    );
    this.#waits.push(started);
    return started.promise;
  }

  connected(): void {
    for (const started of this.#waits.splice(0)) started.resolve();
  }

  /** The worker goes on trying, but whoever waits has waited long enough. */
  backingOff(): void {
    this.fail(this.#error('no connection'));
  }

  fail(error: Error): void {
    for (const started of this.#waits.splice(0)) started.reject(error);
  }

  #error(what: string): ConnectError {
    const cause = this.#lastError();
    return new ConnectError(`producer ${this.#name}: ${what}${cause ? `: ${cause.message}` : ''}`, { cause });
  }
}
