/** A slice of a batch with as many messages as fit, and whether brokers have accepted them. */

import { condemns } from '../../../shared/classify-error.ts';
import { WORD } from '../../../shared/memory/record.ts';
import type { Batch, BrokerReport } from '../../../shared/transport.ts';
import { BatchPart, type Bounds } from './batch-part.ts';

export interface Extent extends Bounds {
  readonly bytes: number;
}

/** Returns a function that reads the size of a message's record, in bytes. */
export function recordBytes({ memory, offsets }: Batch): (index: number) => number {
  const words = new DataView(memory.buffer, memory.byteOffset);
  return (index) => words.getUint32((offsets[index] as number) + WORD.size * 4, true);
}

/** Returns as many messages as fit into `room` bytes, at least one if `always`, and none when none is left. */
export function extentOf(batch: Batch, from: number, room: number, always: boolean): Extent {
  const sizeOf = recordBytes(batch);
  let to = from;
  let bytes = 0;
  for (; to < batch.size; to++) {
    if (batch.skip(to)) continue;
    const size = sizeOf(to);
    if (bytes + size > room && !(always && bytes === 0)) break;
    bytes += size;
  }
  return { from, to, bytes };
}

export class Slice extends BatchPart {
  readonly #onFailure: () => void;
  #fate: 'open' | 'delivered' | 'failed' = 'open';
  /** Messages without an outcome. */
  #open = 0;

  /** `onFailure` is called after a failure behind which nothing may be sent. */
  constructor(batch: Batch, extent: Extent, onFailure: () => void) {
    super(batch, extent);
    this.#onFailure = onFailure;
    for (let index = extent.from; index < extent.to; index++) if (!batch.skip(index)) this.#open++;
  }

  /** Whether every message has an outcome. Those without one must be sent before everything behind them. */
  get isSettled(): boolean {
    return this.#open <= 0;
  }

  /** Whether the brokers have accepted something, and nothing failed except single messages that have permanently failed. */
  get isDelivered(): boolean {
    return this.#fate === 'delivered';
  }

  override delivered(index: number, report?: BrokerReport): void {
    if (this.#fate === 'open') this.#fate = 'delivered';
    this.#open--;
    super.delivered(index, report);
  }

  override failed(index: number, error: Error): void {
    this.#open--;
    super.failed(index, error);
    if (condemns(error) === 'message') return;
    this.#fate = 'failed';
    this.#onFailure();
  }
}
