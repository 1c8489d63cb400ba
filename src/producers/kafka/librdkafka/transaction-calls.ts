/**
 * librdkafka's transactional calls, one at a time. Most can be resumed after a timeout, so each runs in short slices: a
 * call that is given up ends soon, and the client that it uses can then be destroyed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { Pointer } from './functions.ts';

const SLICE_MS = 100;
/**
 * Length of the first slices, in ms: each call of abort takes back what is queued, and librdkafka may queue messages again
 * right after that.
 */
const FIRST_SLICE_MS = 10;
/** Sending offsets cannot be resumed: a slice must be long enough for the broker to answer in. */
const OFFSETS_SLICE_MS = 1000;
const PAUSE_MS = 5;
/** `RD_KAFKA_RESP_ERR__STATE` */
const WRONG_STATE = -172;

/** What a transactional call failed with; `code` is librdkafka's. */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly code: number;
  /** No call can succeed on this client any more. */
  readonly fatal: boolean;
  readonly retriable: boolean;
  /** The transaction has to be aborted; after that the client can go on. */
  readonly needsAbort: boolean;

  constructor({ native }: Client, error: Pointer) {
    const { rdkafka, transactions } = native;
    super(transactions.errorText(error));
    this.code = rdkafka.errorCode(error);
    this.fatal = transactions.isFatal(error) !== 0;
    this.retriable = transactions.isRetriable(error) !== 0;
    this.needsAbort = transactions.needsAbort(error) !== 0;
    rdkafka.errorDestroy(error);
  }
}

/** Whether to go on with a call that has not succeeded yet; asked after each slice. */
export type Patience = () => boolean;

export class TransactionCalls {
  readonly #client: Client;
  #pending: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Ends what an earlier client with the same id has left open, and fences it. @throws TransactionError */
  init(patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#resume((ms) => transactions.init(this.#client.handle, ms), patience);
  }

  begin(): Promise<void> {
    return this.#resume(
      () => this.#client.native.transactions.begin(this.#client.handle),
      () => false,
    );
  }

  /**
   * Why the transaction that is open can only be aborted; undefined where it can go on. To begin another one inside of it
   * changes nothing, and fails with the reason.
   */
  async failure(): Promise<TransactionError | undefined> {
    const error: unknown = await this.begin().catch((reason: unknown) => reason);
    return error instanceof TransactionError && error.code !== WRONG_STATE ? error : undefined;
  }

  sendOffsets(offsets: Pointer, group: Pointer, patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#resume(
      () => transactions.sendOffsets(this.#client.handle, offsets, group, OFFSETS_SLICE_MS),
      patience,
    );
  }

  commit(patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#resume((ms) => transactions.commit(this.#client.handle, ms), patience);
  }

  abort(patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#resume((ms) => transactions.abort(this.#client.handle, ms), patience);
  }

  /** No call begins any more. Resolves when none uses the client: before that it must not be destroyed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pending;
  }

  async #resume(call: (sliceMs: number) => Promise<Pointer>, patience: Patience): Promise<void> {
    for (let sliceMs = FIRST_SLICE_MS; ; sliceMs = Math.min(sliceMs * 2, SLICE_MS)) {
      if (this.#closed) throw new Error('the client was closed');
      const running = call(sliceMs);
      this.#pending = running.catch(() => {});
      const error = await running;
      if (error === 0) return;
      const failure = new TransactionError(this.#client, error);
      if (!failure.retriable || this.#closed || !patience()) throw failure;
      await sleep(PAUSE_MS);
    }
  }
}
