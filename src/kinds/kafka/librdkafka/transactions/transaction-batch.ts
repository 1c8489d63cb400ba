/** A batch in a transaction. The outcomes of its messages count only when the transaction has ended. */

import { condemns } from '../../../../shared/classify-error.ts';
import { type NumberRun, runsOf } from '../../../../shared/sequence-ranges.ts';
import type { Batch, BrokerReport } from '../../../../shared/transport.ts';
import { deferred } from '../../../../shared/util/deferred.ts';
import { BatchPart } from '../../batches/batch-part.ts';
import { MAX_RUNS } from '../../transaction-mark.ts';

export class TransactionBatch extends BatchPart {
  /** Whether nothing of it is ever committed. */
  readonly isTrial: boolean;
  /** Indices of the messages to send, in order. */
  readonly #members: ReadonlySet<number>;
  readonly #stop = deferred();
  readonly #leave = deferred<Error>();
  #isAnswered = false;
  readonly #delivered = new Map<number, BrokerReport | undefined>();
  readonly #failed = new Map<number, Error>();
  /** Topics that the broker refuses to add to the transaction. */
  readonly deniedTopics = new Set<string>();

  /** `trial`: send only these messages, to learn which of them are refused. */
  constructor(batch: Batch, trial?: ReadonlySet<number>) {
    super(batch, { from: 0, to: batch.size });
    this.isTrial = trial !== undefined;
    this.#members = trial ?? membersOf(batch);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  get members(): Iterable<number> {
    return this.#members;
  }

  /** Resolves when the transaction can only be aborted. */
  get stopped(): Promise<void> {
    return this.#stop.promise;
  }

  /** `isAnswered`: a broker has answered one of its sets, so reports come soon. */
  stop(isAnswered: boolean): void {
    this.#isAnswered ||= isAnswered;
    this.#stop.resolve();
  }

  /** Resolves with the reason when the transaction is left to another client. */
  get left(): Promise<Error> {
    return this.#leave.promise;
  }

  leave(why: Error): void {
    this.#leave.resolve(why);
    this.stop(false);
  }

  /** Whether the missing reports come soon. */
  get awaitsReports(): boolean {
    return this.#isAnswered;
  }

  get failures(): ReadonlyMap<number, Error> {
    return this.#failed;
  }

  /** Indices of the messages that a broker has accepted. */
  get taken(): ReadonlySet<number> {
    return new Set(this.#delivered.keys());
  }

  /** Whether the broker has every message, except those refused before they were sent, and one mark can name all of them. */
  get isComplete(): boolean {
    if (this.isTrial) return false;
    if (this.#delivered.size === 0 || this.#delivered.size + this.#failed.size < this.#members.size) return false;
    return this.#failed.size === 0 || (this.#onlyRefused && this.numbers.length <= MAX_RUNS);
  }

  get #onlyRefused(): boolean {
    return [...this.#failed.values()].every((error) => condemns(error) === 'message');
  }

  /** Whether a broker has refused a set, which leaves a gap in the client's sequence numbers. */
  get hasRefusedSet(): boolean {
    return [...this.#failed.values()].some((error) => condemns(error) === 'set');
  }

  /** The sequences of the messages, without those that failed. */
  get numbers(): readonly NumberRun[] {
    const good = [...this.#members].filter((index) => !this.#failed.has(index));
    return runsOf(good.map((index) => this.sequence + index));
  }

  /** The topic of the first message that has not failed. */
  get topic(): string {
    for (const index of this.#members) if (!this.#failed.has(index)) return this.message(index).topic;
    return '';
  }

  /** Passes the outcomes to the batch after the commit. */
  commit(): void {
    for (const [index, report] of this.#delivered) super.delivered(index, report);
    for (const [index, error] of this.#failed) super.failed(index, error);
  }

  override skip(index: number): boolean {
    return !this.#members.has(index);
  }

  override delivered(index: number, report?: BrokerReport): void {
    this.#delivered.set(index, report);
  }

  /** Notes a failure. An error of this message alone does not stop the others from being sent. */
  override failed(index: number, error: Error): void {
    this.#failed.set(index, error);
    if (condemns(error) !== 'message') this.stop(true);
  }
}

/** Returns all messages to be sent, as far as one mark can name them. The rest is sent in another transaction. */
function membersOf(batch: Batch): Set<number> {
  const open = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
  const end = runsOf(open)[MAX_RUNS]?.[0] ?? batch.size;
  return new Set(open.filter((index) => index < end));
}
