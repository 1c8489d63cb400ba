/** Lets messages into the queue, or applies the policy if it is full. */

import type { BaseConfig } from '../config/schema/base.ts';
import { QueueFullError } from '../shared/errors.ts';
import type { RecordWriter } from '../shared/memory/record-writer.ts';
import type { MessageQueue } from './queue/message-queue.ts';

/** What happens to a message that finds the queue full. */
export type WhenFull = BaseConfig['queue']['when_full'];

/** The message was accepted under this number, was accepted and dropped at once, or found the queue full. */
export type Admission = { readonly sequence: number } | 'dropped' | 'full';

export interface AdmissionContext {
  readonly queue: MessageQueue;
  readonly whenFull: WhenFull;
  /** The current time, in ms of the clock. */
  readonly now: number;
  /** Messages below this sequence are on disk and are not dropped. */
  readonly droppableFrom: number;
  /** Drops an accepted message in favour of a newer one, and settles it. */
  drop(sequence: number): void;
}

/** @throws InvalidMessageError, QueueFullError; then nothing has changed */
export function admit(context: AdmissionContext, writer: RecordWriter, flags: number): Admission {
  const { queue, whenFull, now, droppableFrom, drop } = context;
  let sequence = queue.append(writer, flags, now);
  if (sequence === undefined && whenFull === 'drop_newest') return 'dropped';
  if (sequence === undefined && whenFull !== 'drop_oldest') return 'full';
  if (sequence === undefined && !queue.reserveByDropping(writer.exactSize, droppableFrom)) return 'dropped';
  while (sequence === undefined) {
    const oldest = queue.oldestQueued(droppableFrom);
    if (oldest === undefined) return 'dropped';
    drop(oldest);
    sequence = queue.append(writer, flags, now);
  }
  return { sequence };
}

export const queueFull = (whenFull: WhenFull): QueueFullError =>
  new QueueFullError(
    whenFull === 'block'
      ? 'the queue is full and produce() cannot wait: use enqueue(), or waitForRoom() when produce() returns false'
      : 'the queue is full',
  );
