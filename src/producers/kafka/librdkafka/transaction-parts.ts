/**
 * The parts of a batch in which a bad message is searched for. Each is sent when the one before has been acknowledged, so
 * that a refusal names its part, and nothing behind it is in flight:
 *
 *     |  before the search  |1|1|1| … |2|2| … |3|
 *
 * They are as large as a small share of what has been searched. A refused part of several messages is searched from its
 * beginning, one by one.
 */

import type { Message } from '../../../message.ts';
import type { Batch, BrokerReport } from '../../../transport.ts';
import type { TransactionBatch } from './transaction-batch.ts';

/** A part has 1 / 32 of the messages that were searched before it, and at least one. */
const SHARE = 32;

/** `searchFrom` is the number of a message; without it, the batch is one part. */
export function* partsOf(batch: TransactionBatch, searchFrom = Number.POSITIVE_INFINITY): Generator<Batch> {
  const searched = [...batch.members].filter((index) => batch.sequence + index >= searchFrom);
  const beginOf = (place: number) => searched[place] ?? batch.size;
  yield new Part(batch, 0, beginOf(0));
  for (let done = 0; done < searched.length; ) {
    const next = done + Math.max(1, Math.floor(done / SHARE));
    yield new Part(batch, beginOf(done), beginOf(next));
    done = next;
  }
}

/** The messages of a batch from `begin` on and before `end`. */
class Part implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly signal: AbortSignal;
  readonly #batch: Batch;
  readonly #begin: number;

  constructor(batch: Batch, begin: number, end: number) {
    this.size = end;
    this.memory = batch.memory;
    this.offsets = batch.offsets;
    this.sequence = batch.sequence;
    this.signal = batch.signal;
    this.#batch = batch;
    this.#begin = begin;
  }

  skip(index: number): boolean {
    return index < this.#begin || this.#batch.skip(index);
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
