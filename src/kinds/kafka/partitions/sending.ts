/** One batch on its way: how many of its messages wait or are in flight, and the promise of its end. */

import { FLAG_REPORT, WORD } from '../../../shared/memory/record.ts';
import type { Batch } from '../../../shared/transport.ts';
import type { BatchMemory } from '../batches/packed-record.ts';
import type { PartitionQueue } from './partition-queue.ts';

export class Sending {
  readonly id: number;
  readonly batch: Batch;
  readonly memory: BatchMemory;
  readonly ended: Promise<void>;
  /** The partition to which each message in flight was sent. */
  readonly queues: (PartitionQueue | undefined)[];
  /** Messages that must be sent and that no client has yet. Is one higher until every message has its partition. */
  waiting = 1;
  inFlight = 0;
  error: Error | undefined;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(id: number, batch: Batch, memory: BatchMemory) {
    this.id = id;
    this.batch = batch;
    this.memory = memory;
    this.queues = new Array<PartitionQueue | undefined>(batch.size);
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get idle(): boolean {
    return this.waiting === 0 && this.inFlight === 0;
  }

  /** Whether a caller waits for the broker's report on this message. */
  wantsReport(index: number): boolean {
    const offset = this.batch.offsets[index] as number;
    return ((this.memory.words[(offset >>> 2) + WORD.flags] as number) & FLAG_REPORT) !== 0;
  }

  settle(): void {
    if (this.error === undefined) this.#resolve();
    else this.#reject(this.error);
  }
}
