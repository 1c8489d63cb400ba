/** A part of a batch that goes to the client by itself: its other messages are skipped. */

import { condemns } from '../../delivery/classify.ts';
import type { Message } from '../../message.ts';
import { WORD } from '../../queue/record.ts';
import type { Batch, BrokerReport } from '../../transport.ts';

/** Messages from `from` up to and not including `to`. */
export interface Extent {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** As many messages as fit into `room`, and one at least where `always` says so. Empty when none fits or none is left. */
export function extentOf(batch: Batch, from: number, room: number, always: boolean): Extent {
  const { memory, offsets } = batch;
  const words = new DataView(memory.buffer, memory.byteOffset);
  let to = from;
  let bytes = 0;
  for (; to < batch.size; to++) {
    if (batch.skip(to)) continue;
    const size = words.getUint32((offsets[to] as number) + WORD.size * 4, true);
    if (bytes + size > room && !(always && bytes === 0)) break;
    bytes += size;
  }
  return { from, to, bytes };
}

export class Slice implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly signal: AbortSignal;
  readonly #batch: Batch;
  readonly #extent: Extent;
  readonly #onFailure: () => void;
  #fate: 'open' | 'delivered' | 'failed' = 'open';

  /** `onFailure` is called after a failure behind which nothing may be sent. */
  constructor(batch: Batch, extent: Extent, onFailure: () => void) {
    this.size = batch.size;
    this.memory = batch.memory;
    this.offsets = batch.offsets;
    this.sequence = batch.sequence;
    this.signal = batch.signal;
    this.#batch = batch;
    this.#extent = extent;
    this.#onFailure = onFailure;
  }

  skip(index: number): boolean {
    return index < this.#extent.from || index >= this.#extent.to || this.#batch.skip(index);
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

  /** Whether the brokers have taken something, and refused nothing. */
  get isDelivered(): boolean {
    return this.#fate === 'delivered';
  }

  delivered(index: number, report?: BrokerReport): void {
    if (this.#fate === 'open') this.#fate = 'delivered';
    this.#batch.delivered(index, report);
  }

  failed(index: number, error: Error): void {
    this.#fate = 'failed';
    this.#batch.failed(index, error);
    if (condemns(error) !== 'message') this.#onFailure();
  }
}
