/** Lets messages into the queue, or applies the policy where there is no room. */

import { QueueFullError } from '../errors.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { RecordWriter } from '../queue/record-writer.ts';

/** What happens to a message that finds the queue full. */
export type WhenFull = 'reject' | 'block' | 'drop_newest' | 'drop_oldest';

/** Accepted under this number; accepted and dropped at once; or there is no room. */
export type Admission = { readonly sequence: number } | 'dropped' | 'full';

export interface AdmissionContext {
  readonly queue: MessageQueue;
  readonly whenFull: WhenFull;
  /** In ms of the clock. */
  readonly now: number;
  /** Messages below are on disk, and stay. */
  readonly droppableFrom: number;
  /** Settles a message that had been accepted as dropped for a newer one. */
  drop(sequence: number): void;
}

export function admit(context: AdmissionContext, writer: RecordWriter, flags: number): Admission {
  const { queue, whenFull, now } = context;
  for (;;) {
    const sequence = queue.append(writer, flags, now);
    if (sequence !== undefined) return { sequence };
    if (whenFull === 'drop_newest') return 'dropped';
    if (whenFull !== 'drop_oldest') return 'full';
    if (!dropOldest(context)) return 'dropped';
  }
}

/** Drops the oldest message that is neither leased nor on disk. Returns false when all are. */
function dropOldest({ queue, droppableFrom, drop }: AdmissionContext): boolean {
  const oldest = queue.oldestQueued(droppableFrom);
  if (oldest !== undefined) drop(oldest);
  return oldest !== undefined;
}

export const queueFull = (whenFull: WhenFull): QueueFullError =>
  new QueueFullError(
    whenFull === 'block'
      ? 'the queue is full and produce() cannot wait: use enqueue(), or waitForRoom() when produce() returns false'
      : 'the queue is full',
  );
