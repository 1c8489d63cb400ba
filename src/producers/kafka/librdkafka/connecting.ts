/** Waiting for the first answer of a broker, and for the reason why there is none. */

import { ConnectError } from '../../../errors.ts';
import { ALL_BROKERS_DOWN } from '../errors.ts';
import type { Client } from './client.ts';

const POLL_MS = 5;
/**
 * How long after "all brokers are down" a connection may still come: of a name with two addresses (localhost) the
 * first may be refused, and librdkafka tries the next one after a back-off of about 100 ms.
 */
const GRACE_MS = 400;

export class Connecting {
  readonly #client: Client;
  #reason = 'no broker has answered';
  #downSince: number | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Takes librdkafka's error events while it tries to connect. */
  error(code: number, text: string): void {
    if (code === ALL_BROKERS_DOWN) this.#downSince ??= performance.now();
    else this.#reason = text;
  }

  /** Resolves when a broker has answered. @throws ConnectError with the last thing that went wrong */
  async wait(signal: AbortSignal): Promise<void> {
    // `close` may come while we wait, and takes the native client away.
    while (!this.#client.closed && !this.#client.answered()) {
      if (signal.aborted || this.#isDown()) throw new ConnectError(this.#reason);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (this.#client.closed) throw new ConnectError('closed while it was connecting');
  }

  #isDown(): boolean {
    return this.#downSince !== undefined && performance.now() - this.#downSince > GRACE_MS;
  }
}
