/** What has not settled: in the queue's memory, and on disk alone. */

import type { Census, MessageQueue } from './queue/message-queue.ts';
import type { Spooling } from './spool/spooling.ts';

export class Pending {
  readonly #queue: MessageQueue;
  readonly #spooling: Spooling | undefined;

  constructor(queue: MessageQueue, spooling: Spooling | undefined) {
    this.#queue = queue;
    this.#spooling = spooling;
  }

  get count(): number {
    return this.#queue.buffered + this.#spilled;
  }

  get #spilled(): number {
    return this.#spooling?.count ?? 0;
  }

  /** The number of the oldest one. */
  oldest(): number | undefined {
    const oldest = [this.#queue.oldestPending(), this.#spooling?.oldest].filter((number) => number !== undefined);
    return oldest.length === 0 ? undefined : Math.min(...oldest);
  }

  /** How many have numbers below `before`. */
  countBelow(before: number): number {
    return this.#queue.pendingBelow(before) + (this.#spooling?.countBelow(before) ?? 0);
  }

  /** Counted by walking; what is on disk alone is queued. */
  census(): Census {
    const { queued, inFlight } = this.#queue.census();
    return { queued: queued + this.#spilled, inFlight };
  }
}
