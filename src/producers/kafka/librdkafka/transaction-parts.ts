/**
 * The parts of a batch in which a bad message is searched for. Each is sent when the one before has been acknowledged, so
 * that a refusal names its part, and nothing behind it is in flight:
 *
 *     |  before the search  |1|1|1| … |2|2| … |3|
 *
 * They grow with what has been searched. Among many suspects they begin larger, because a transaction for each of two steps
 * costs less than a round trip for each message.
 */

import type { Message } from '../../../message.ts';
import type { Batch, BrokerReport } from '../../../transport.ts';
import type { TransactionBatch } from './transaction-batch.ts';

/** A part has at least 1 / 32 of the messages that were searched before it. */
const SHARE = 32;
/** So many suspects are searched one by one. */
const FEW = 100;

export interface Search {
  /** The number of the first suspect. What is before it is good, or has been refused. */
  readonly from: number;
  /** How many messages were in the sets that were refused. */
  readonly suspects: number;
}

/** Without a search, the batch is one part. */
export function* partsOf(batch: TransactionBatch, search?: Search): Generator<Batch> {
  const { from, suspects } = search ?? { from: Number.POSITIVE_INFINITY, suspects: 0 };
  const least = suspects > FEW ? Math.ceil(Math.sqrt(suspects)) : 1;
  const searched = [...batch.members].filter((index) => batch.sequence + index >= from);
  const beginOf = (place: number) => searched[place] ?? batch.size;
  yield new Part(batch, 0, beginOf(0));
  for (let done = 0; done < searched.length; ) {
    const next = done + Math.max(least, Math.floor(done / SHARE));
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
