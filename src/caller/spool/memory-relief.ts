/**
 * Decides when messages that are on disk give their memory back, to be read again when their turn comes. Reading again costs the
 * worker a third of its time, so it is avoided while deliveries free memory anyway.
 */

import type { ToWorker } from '../../shared/protocol.ts';
import type { Life } from '../producer-state.ts';
import type { MessageQueue } from '../queue/message-queue.ts';

/** Part of the memory above the high-water mark that may fill before relief starts. Callers that heed the mark have stopped by then. */
const CLOSE = 0.5;
/** Fullness at which relief starts at the latest, even if the high-water mark is at or near the full queue. */
const CLOSE_AT_MOST = 0.95;

export interface ReliefContext {
  readonly life: Pick<Life, 'isConnected'>;
  readonly queue: Pick<MessageQueue, 'fullness'>;
  readonly highWaterMark: number;
  /** Largest number of ranges that may wait with the loop. If it is 0, no message is to wait in memory. */
  readonly directRanges: number;
  post(message: ToWorker): void;
}

export class Relief {
  readonly #context: ReliefContext;
  readonly #closeToFull: number;

  constructor(context: ReliefContext) {
    this.#context = context;
    const { highWaterMark } = context;
    this.#closeToFull = Math.min(CLOSE_AT_MOST, highWaterMark + (1 - highWaterMark) * CLOSE);
  }

  /** Decides anew, because the worker has more messages or the broker's connection has changed. */
  consider(): void {
    const { life, queue, directRanges } = this.#context;
    if (directRanges === 0 || !life.isConnected || queue.fullness >= this.#closeToFull) this.now();
  }

  now(): void {
    this.#context.post({ type: 'makeRoom' });
  }
}
