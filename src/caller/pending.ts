/** Counts messages that have not settled, in the queue's memory and on disk only. */

import type { Census, MessageQueue } from './queue/message-queue.ts';
import type { OnDiskOnly } from './spool/on-disk-only.ts';

export class Pending {
  readonly #queue: MessageQueue;
  readonly #onDiskOnly: OnDiskOnly;

  constructor(queue: MessageQueue, onDiskOnly: OnDiskOnly) {
    this.#queue = queue;
    this.#onDiskOnly = onDiskOnly;
  }

  get count(): number {
    return this.#queue.buffered + this.#onDiskOnly.count;
  }

  /** Returns the number of the oldest message. */
  oldest(): number | undefined {
    const oldest = [this.#queue.oldestPending(), this.#onDiskOnly.first].filter((number) => number !== undefined);
    return oldest.length === 0 ? undefined : Math.min(...oldest);
  }

  /** Returns how many messages have numbers below `before`. */
  countBelow(before: number): number {
    return this.#queue.pendingBelow(before) + this.#onDiskOnly.countBelow(before);
  }

  /** Counts by walking. Messages on disk only count as queued. */
  census(): Census {
    const { queued, inFlight } = this.#queue.census();
    return { queued: queued + this.#onDiskOnly.count, inFlight };
  }
}
