/** A batch in a transaction: what becomes of its messages counts only when the transaction has ended. */

import type { Message } from '../../../message.ts';
import { type NumberRun, runsOf } from '../../../number-runs.ts';
import type { Batch, BrokerReport } from '../../../transport.ts';
import { MAX_RUNS } from '../transaction-mark.ts';

export class TransactionBatch implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly signal: AbortSignal;
  /** The messages to send, in order. */
  readonly #members: ReadonlySet<number>;
  readonly #batch: Batch;
  readonly #onFailure: () => void;
  readonly #delivered = new Map<number, BrokerReport | undefined>();
  readonly #failed = new Map<number, Error>();

  constructor(batch: Batch, onFailure: () => void) {
    this.size = batch.size;
    this.memory = batch.memory;
    this.offsets = batch.offsets;
    this.sequence = batch.sequence;
    this.signal = batch.signal;
    this.#batch = batch;
    this.#onFailure = onFailure;
    this.#members = membersOf(batch);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Whether the broker has every message. */
  get isComplete(): boolean {
    return this.#delivered.size === this.#members.size;
  }

  /** The numbers of the messages. */
  get numbers(): readonly NumberRun[] {
    return runsOf(this.#numbered);
  }

  get #numbered(): number[] {
    return [...this.#members].map((index) => this.sequence + index);
  }

  /** The topic of the first message. */
  get topic(): string {
    const [first] = this.#members;
    return this.message(first as number).topic;
  }

  /** The transaction was committed. */
  commit(): void {
    for (const [index, report] of this.#delivered) this.#batch.delivered(index, report);
  }

  get hasFailed(): boolean {
    return this.#failed.size > 0;
  }

  /** One of them is refused, and nobody knows which. */
  refuse(error: Error): void {
    for (const index of this.#members) this.#failed.set(index, error);
  }

  /** The transaction was aborted: nothing was delivered, and what failed is to blame. */
  abort(): void {
    for (const [index, error] of this.#failed) this.#batch.failed(index, error);
  }

  skip(index: number): boolean {
    return !this.#members.has(index);
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
    this.#delivered.set(index, report);
  }

  failed(index: number, error: Error): void {
    this.#failed.set(index, error);
    this.#onFailure();
  }
}

/** Everything whose turn it is, as far as one mark can name it; the rest goes in another transaction. */
function membersOf(batch: Batch): Set<number> {
  const open = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
  const end = runsOf(open)[MAX_RUNS]?.[0] ?? batch.size;
  return new Set(open.filter((index) => index < end));
}
