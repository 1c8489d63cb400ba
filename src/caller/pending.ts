/** Counts messages that have not settled, in the queue's memory and on disk only. */

import type { Census, MessageQueue } from './queue/message-queue.ts';
import type { Spilled } from './spool/spilled.ts';

export class Pending {
  readonly #queue: MessageQueue;
  readonly #spilled: Spilled;

  constructor(queue: MessageQueue, spilled: Spilled) {
    this.#queue = queue;
    this.#spilled = spilled;
  }

  get count(): number {
    return this.#queue.buffered + this.#spilled.count;
  }

  /** Returns the number of the oldest message. */
  oldest(): number | undefined {
    const oldest = [this.#queue.oldestPending(), this.#spilled.first].filter((number) => number !== undefined);
    return oldest.length === 0 ? undefined : Math.min(...oldest);
  }

  /** Returns how many messages have numbers below `before`. */
  countBelow(before: number): number {
    return this.#queue.pendingBelow(before) + this.#spilled.countBelow(before);
  }

  /** Counts by walking. Messages on disk only count as queued. */
  census(): Census {
    const { queued, inFlight } = this.#queue.census();
    return { queued: queued + this.#spilled.count, inFlight };
  }
}
