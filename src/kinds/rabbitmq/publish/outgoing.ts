/** One batch being sent: how far it has been published, and how many of its messages are unconfirmed. */

import type { Batch } from '../../../shared/transport.ts';
import { deferred } from '../../../shared/util/deferred.ts';

export class Outgoing {
  readonly batch: Batch;
  readonly #ended = deferred();
  #next = 0;
  #unconfirmed = 0;
  #over = false;

  constructor(batch: Batch) {
    this.batch = batch;
  }

  /** Resolves when none of its messages is in flight and none will be published. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Returns the next message to publish, or undefined when there is none. */
  next(): number | undefined {
    while (this.#next < this.batch.size && this.batch.skip(this.#next)) this.#next++;
    return this.#over || this.#next >= this.batch.size ? undefined : this.#next;
  }

  published(): void {
    this.#next++;
    this.#unconfirmed++;
  }

  /** Records that the next message cannot be published at all. */
  failed(index: number, error: Error): void {
    this.#next++;
    this.batch.failed(index, error);
  }

  /** Records that a message is no longer in flight. */
  settled(): void {
    this.#unconfirmed--;
    this.#endIfIdle();
  }

  close(): void {
    this.#over = true;
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#over && this.#unconfirmed === 0) this.#ended.resolve();
  }
}
