/** Counts messages that have not settled, in the queue's memory and on disk only. */

import type { Clock } from '../shared/util/clock.ts';
import { AcceptanceTimes } from './queue/acceptance-times.ts';
import type { MessageQueue } from './queue/message-queue.ts';
import type { OnDiskOnly } from './spool/on-disk-only.ts';

/** Number of pending messages by place. */
export interface PendingByPlace {
  /** In memory, waiting for a lease. */
  readonly queued: number;
  /** In memory, with the worker. */
  readonly leased: number;
  /** In the spool and no longer in memory. */
  readonly onDiskOnly: number;
  /** Permanently failed, and not yet accepted by the dead-letter target. */
  readonly deadLetter: number;
}

export class Pending {
  readonly #queue: MessageQueue;
  readonly #onDiskOnly: OnDiskOnly;
  /** When messages were accepted whose memory was given back. */
  readonly times = new AcceptanceTimes(() => this.oldest());

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

  /** Returns the age of the oldest message in ms, or null if there is none. */
  oldestMs(clock: Pick<Clock, 'now'>): number | null {
    const oldest = this.oldest();
    if (oldest === undefined) return null;
    const at = this.#queue.acceptedAt(oldest) ?? this.times.of(oldest);
    return at === undefined ? 0 : Math.max(0, clock.now() - at);
  }

  /** Returns how many messages have numbers below `before`. */
  countBelow(before: number): number {
    return this.#queue.pendingBelow(before) + this.#onDiskOnly.countBelow(before);
  }

  /** Counts by walking. */
  byPlace(): PendingByPlace {
    const { queued, leased, permanentlyFailed } = this.#queue.census();
    const { count, permanentlyFailed: failedOnDisk } = this.#onDiskOnly;
    return { queued, leased, onDiskOnly: count - failedOnDisk, deadLetter: permanentlyFailed + failedOnDisk };
  }
}
