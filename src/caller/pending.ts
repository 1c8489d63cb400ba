/** Counts messages that have not settled, in the queue's memory and on disk only. */

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

  /** Returns the number of the oldest message. */
  oldest(): number | undefined {
    const oldest = [this.#queue.oldestPending(), this.#spooling?.oldest].filter((number) => number !== undefined);
    return oldest.length === 0 ? undefined : Math.min(...oldest);
  }

  /** Returns how many messages have numbers below `before`. */
  countBelow(before: number): number {
    return this.#queue.pendingBelow(before) + (this.#spooling?.countBelow(before) ?? 0);
  }

  /** Counts by walking. Messages on disk only count as queued. */
  census(): Census {
    const { queued, inFlight } = this.#queue.census();
    return { queued: queued + this.#spilled, inFlight };
  }
}
