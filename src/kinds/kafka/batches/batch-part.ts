/** A part of a batch that is sent by itself. The batch's other messages are skipped. */

import type { Message } from '../../../shared/message/message.ts';
import type { Batch, BrokerReport } from '../../../shared/transport.ts';

/** Messages from `from` up to and not including `to`. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
}

export class BatchPart implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly signal: AbortSignal;
  readonly #batch: Batch;
  readonly #from: number;

  constructor(batch: Batch, { from, to }: Bounds) {
    this.size = to;
    this.memory = batch.memory;
    this.offsets = batch.offsets;
    this.sequence = batch.sequence;
    this.signal = batch.signal;
    this.#batch = batch;
    this.#from = from;
  }

  skip(index: number): boolean {
    return index < this.#from || index >= this.size || this.#batch.skip(index);
  }

  id(index: number): string {
    return this.#batch.id(index);
  }

  message(index: number): Message {
    return this.#batch.message(index);
  }

  attempting(index: number): void {
    this.#batch.attempting(index);
  }

  delivered(index: number, report?: BrokerReport): void {
    this.#batch.delivered(index, report);
  }

  failed(index: number, error: Error): void {
    this.#batch.failed(index, error);
  }
}
