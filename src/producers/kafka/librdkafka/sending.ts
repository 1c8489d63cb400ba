/** One batch on its way: what has been handed over, what is in flight, and the promise of its end. */

import { FLAG_REPORT, WORD } from '../../../queue/record.ts';
import type { Batch } from '../../../transport.ts';
import type { BatchMemory } from './packed-record.ts';

export class Sending {
  readonly id: number;
  readonly batch: Batch;
  readonly memory: BatchMemory;
  readonly ended: Promise<void>;
  /** The first message that has not been handed over. */
  next = 0;
  inFlight = 0;
  /** Nothing more of it will be handed over. */
  handedOver = false;
  error: Error | undefined;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(id: number, batch: Batch, memory: BatchMemory) {
    this.id = id;
    this.batch = batch;
    this.memory = memory;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether it has ended. */
  get idle(): boolean {
    return this.handedOver && this.inFlight === 0;
  }

  /** Whether somebody waits for the broker's report on this message. */
  wantsReport(index: number): boolean {
    const offset = this.batch.offsets[index] as number;
    return ((this.memory.words[(offset >>> 2) + WORD.flags] as number) & FLAG_REPORT) !== 0;
  }

  /** `count` more messages of it are in flight. */
  take(count: number): void {
    this.inFlight += count;
  }

  settle(): void {
    if (this.error === undefined) this.#resolve();
    else this.#reject(this.error);
  }
}
