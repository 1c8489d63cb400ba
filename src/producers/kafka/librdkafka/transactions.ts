/**
 * Exactly once: each batch is one transaction, which also commits a mark of the messages that it holds. Whatever happens
 * to a client in the middle of one, the next client ends it, reads the last mark, and so knows whether it took effect.
 *
 * Where the outcome of a call stays unknown, the client is of no use any more: it demands a reset.
 */

import { linked } from '../../../abort.ts';
import { asError, ProducerFencedError, TransientSendError } from '../../../errors.ts';
import type { Batch } from '../../../transport.ts';
import { holds } from '../transaction-mark.ts';
import type { Client } from './client.ts';
import { GroupOffsets, type PlacedMark } from './group-offsets.ts';
import { TransactionBatch } from './transaction-batch.ts';
import { type Patience, TransactionCalls, TransactionError } from './transaction-calls.ts';
import { fenced, initError, isFence, markError, refusal } from './transaction-errors.ts';

/** A call that is under way when the attempt is given up may end within this time; less than a recall waits. */
const GRACE_MS = 1500;

export interface TransactionsContext {
  readonly client: Client;
  readonly transactionalId: string;
  /** The broker ends a transaction of its own accord after so long. */
  readonly timeoutMs: number;
  /** Names the producer instance that numbers the messages. */
  readonly run: string;
  /** Reads the marks that are committed under `group`. @throws ConnectError */
  readMarks(group: string, signal: AbortSignal): Promise<readonly PlacedMark[]>;
  /** Hands the messages of a batch over, and resolves when none is in flight. */
  produce(batch: Batch): Promise<void>;
  /** Takes back what is in flight. */
  purge(): void;
}

export class Transactions {
  readonly #context: TransactionsContext;
  readonly #calls: TransactionCalls;
  readonly #offsets: GroupOffsets;
  readonly #closing = new AbortController();
  #graceMs = GRACE_MS;
  #last: PlacedMark | undefined;
  #count = 0;
  #broken: Error | undefined;
  /** When the transaction began. */
  #began = 0;
  #flow: Promise<unknown> = Promise.resolve();

  constructor(context: TransactionsContext) {
    const { client, transactionalId } = context;
    this.#context = context;
    this.#calls = new TransactionCalls(client);
    this.#offsets = new GroupOffsets(client, `outspool-${transactionalId}`);
  }

  /** Ends the transaction of an earlier client, and learns what it did. @throws ConnectError, ConfigError */
  init(signal: AbortSignal): Promise<void> {
    const opening = linked([signal, this.#closing.signal], (over) => this.#init(over)).catch((error: unknown) => {
      throw initError(error, this.#context.transactionalId);
    });
    this.#flow = opening.catch(() => {});
    return opening;
  }

  async #init(signal: AbortSignal): Promise<void> {
    await this.#calls.init(() => !signal.aborted);
    const marks = await this.#context.readMarks(this.#offsets.group, signal);
    const own = marks.filter(({ run }) => run === this.#context.run);
    this.#last = own.sort((a, b) => b.count - a.count)[0];
    this.#count = this.#last?.count ?? 0;
  }

  /** Sends the batch in a transaction; resolves when that has ended, with every outcome told to the batch. */
  send(batch: Batch): Promise<void> {
    const sending = this.#send(batch);
    this.#flow = sending.catch(() => {});
    return sending;
  }

  async #send(batch: Batch): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    this.#settleCommitted(batch);
    const members = new TransactionBatch(batch, () => this.#context.purge());
    if (members.isEmpty) return;
    const failure = await this.#usable(() => this.#transact(members));
    if (failure !== undefined) throw failure;
  }

  /** What the last transaction of the client before this one has delivered, although nobody said so. */
  #settleCommitted(batch: Batch): void {
    const last = this.#last;
    if (last === undefined) return;
    for (let index = 0; index < batch.size; index++)
      if (!batch.skip(index) && holds(last, batch.sequence + index)) batch.delivered(index);
  }

  /** After anything but a clean end the client is of no use any more. */
  async #usable<T>(work: () => Promise<T>): Promise<T> {
    this.#began = performance.now();
    try {
      return await work();
    } catch (error) {
      this.#broken = this.#verdict(asError(error));
      throw this.#broken;
    }
  }

  /** Commits, or aborts and returns why where no message is to blame. @throws what makes the client unusable */
  async #transact(members: TransactionBatch): Promise<Error | undefined> {
    await this.#calls.begin();
    await this.#context.produce(members);
    const patience = this.#patience(members.signal);
    if (members.isComplete && !members.signal.aborted) {
      const failure = await this.#commit(members, patience);
      if (failure === undefined) members.commit();
      else await this.#calls.abort(patience);
      return failure;
    }
    if (!members.hasFailed && !members.signal.aborted) await this.#blame(members);
    await this.#abort(members, patience);
    members.abort();
    return undefined;
  }

  /** Returns why the transaction has to be aborted. @throws TransactionError when nobody knows the outcome */
  async #commit(members: TransactionBatch, patience: Patience): Promise<Error | undefined> {
    const { topic, numbers } = members;
    const mark = { messages: numbers, run: this.#context.run, count: this.#count + 1 };
    try {
      await this.#offsets.with(topic, mark, (list, group) => this.#calls.sendOffsets(list, group, patience));
      await this.#calls.commit(patience);
    } catch (error) {
      if (error instanceof TransactionError && error.needsAbort) return markError(error, topic, this.#offsets.group);
      throw error;
    }
    this.#count++;
    return undefined;
  }

  /**
   * Messages came back and none of them failed: the transaction itself has. Only an attempt to commit it says why, as
   * when a topic may not be written and no partition was added.
   */
  async #blame(members: TransactionBatch): Promise<void> {
    const error = await this.#calls.commit(() => false).catch((reason: unknown) => reason);
    const refused = refusal(error);
    if (refused !== undefined) members.refuse(refused);
  }

  /** An empty transaction cannot be aborted (INVALID_TXN_STATE): that costs the client, and nobody's outcome. */
  async #abort(members: TransactionBatch, patience: Patience): Promise<void> {
    try {
      await this.#calls.abort(patience);
    } catch (error) {
      const verdict = this.#verdict(asError(error));
      // A fence comes before what the messages failed with: a reset would take the id back.
      if (!members.hasFailed || verdict instanceof ProducerFencedError) throw error;
      this.#broken = verdict;
    }
  }

  /** As long as the attempt goes on, and a little longer: a transaction that is left open holds up its readers. */
  #patience(signal: AbortSignal): Patience {
    let end = Number.POSITIVE_INFINITY;
    return () => {
      if (signal.aborted || this.#closing.signal.aborted) end = Math.min(end, performance.now() + this.#graceMs);
      return performance.now() < end;
    };
  }

  /** A transaction that the broker ended for its age looks like a fence, and is none. */
  #verdict(error: Error): Error {
    const { transactionalId, timeoutMs } = this.#context;
    const code = this.#fatalCode() || (error instanceof TransactionError ? error.code : 0);
    if (isFence(code) && performance.now() - this.#began < timeoutMs) return fenced(transactionalId, error);
    return Object.assign(new TransientSendError(error.message, { cause: error }), { needsReset: true });
  }

  #fatalCode(): number {
    const { client } = this.#context;
    return client.closed ? 0 : client.native.transactions.fatalError(client.handle, 0, 0);
  }

  /** Whether only another client can go on. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Resolves when no call uses the client any more; a transaction that is under way may end first, within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#graceMs = graceMs;
    this.#closing.abort();
    await this.#flow;
    await this.#calls.close();
  }
}
