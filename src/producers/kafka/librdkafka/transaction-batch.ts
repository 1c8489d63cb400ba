/** A batch in a transaction: what becomes of its messages counts only when the transaction has ended. */

import type { Message } from '../../../message.ts';
import type { Batch, BrokerReport } from '../../../transport.ts';
import type { TransactionMark } from '../transaction-mark.ts';

export class TransactionBatch implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly signal: AbortSignal;
  /** The messages to send, in order. */
  readonly #members: readonly number[];
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
    this.#members = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Whether the broker has every message. */
  get isComplete(): boolean {
    return this.#delivered.size === this.#members.length;
  }

  /** The number of the first message and of the last. */
  get range(): Pick<TransactionMark, 'first' | 'last'> {
    return {
      first: this.sequence + (this.#members[0] as number),
      last: this.sequence + (this.#members.at(-1) as number),
    };
  }

  /** The topic of the first message. */
  get topic(): string {
    return this.message(this.#members[0] as number).topic;
  }

  /** The transaction was committed. */
  commit(): void {
    for (const [index, report] of this.#delivered) this.#batch.delivered(index, report);
  }

  /** The transaction was aborted: nothing was delivered, and what failed is to blame. */
  abort(): void {
    for (const [index, error] of this.#failed) this.#batch.failed(index, error);
  }

  skip(index: number): boolean {
    return this.#batch.skip(index);
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
