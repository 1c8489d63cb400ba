/**
 * librdkafka's transactional calls, one at a time. A call that times out is mostly still under way, and goes on when it is
 * called again. So each call runs in short slices. An abandoned call ends soon, and its client can then be destroyed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../native/client.ts';
import type { Pointer } from '../native/functions.ts';

/** Times in ms: the first slice, the longest slice (each has twice the time of the one before), and the pause after each. */
interface Slices {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly pauseMs: number;
}

/** For commit and abort. They begin with a step in which librdkafka's main thread must answer: see `#isUnderWay`. */
const SLICE_MS = 1000;
const WHOLE: Slices = { firstMs: SLICE_MS, mostMs: SLICE_MS, pauseMs: 100 };
/** For a call that begins anew each time. Two coordinators must answer within one slice, however slow they are. */
const ANEW: Slices = { firstMs: SLICE_MS, mostMs: 10_000, pauseMs: 100 };
const RESUMABLE: Slices = { firstMs: 10, mostMs: 100, pauseMs: 5 };
/** Time in ms between two purges of what librdkafka has queued again while it aborts. */
const TAKE_BACK_MS = 20;
/** Time in ms for the answer to the last abort of a client. */
const LAST_ABORT_MS = 50;
/** `RD_KAFKA_RESP_ERR__STATE` */
const WRONG_STATE = -172;

/** The error of a transactional call. `code` is librdkafka's. */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly code: number;
  /** No call can succeed on this client any more. */
  readonly fatal: boolean;
  readonly retriable: boolean;
  /** The transaction must be aborted. After that the client can go on. */
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

/** Resolves when both have settled. */
const endOfBoth = (earlier: Promise<void>, later: Promise<unknown>): Promise<void> =>
  later.then(
    () => earlier,
    () => earlier,
  );

/** Whether to go on with a call that has not succeeded yet. Called after each slice. */
export type Patience = () => boolean;

export class TransactionCalls {
  readonly #client: Client;
  /** Resolves when every call has returned. A call of an abandoned attempt may take longer than those after it. */
  #pending: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Ends the transaction that an earlier client with the same id left open, and fences it. @throws TransactionError */
  init(patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#resume((ms) => transactions.init(this.#client.handle, ms), patience, RESUMABLE);
  }

  begin(): Promise<void> {
    return this.#resume(
      () => this.#client.native.transactions.begin(this.#client.handle),
      () => false,
    );
  }

  /** Returns why the open transaction can only be aborted, by trying to begin another one inside it, which changes nothing. */
  async failure(): Promise<TransactionError | undefined> {
    const error: unknown = await this.begin().catch((reason: unknown) => reason);
    return error instanceof TransactionError && error.code !== WRONG_STATE ? error : undefined;
  }

  sendOffsets(offsets: Pointer, group: Pointer, patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#resume((ms) => transactions.sendOffsets(this.#client.handle, offsets, group, ms), patience, ANEW);
  }

  commit(patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#finish(() => transactions.commit(this.#client.handle, SLICE_MS), patience);
  }

  /** Aborts the transaction. librdkafka takes back queued messages, but may queue some again and would wait for them. */
  abort(patience: Patience): Promise<void> {
    return this.#abort(SLICE_MS, patience);
  }

  /**
   * Aborts the transaction of a client that sends nothing more. It does not wait for the new epoch that librdkafka may request
   * afterwards. A broker refuses that request while it ends the transaction, and librdkafka repeats it after 500 ms. The call
   * is not resumed.
   */
  abortLast(): Promise<void> {
    return this.#abort(LAST_ABORT_MS, () => false);
  }

  async #abort(sliceMs: number, patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    const takingBack = setInterval(() => this.#client.purge('aborted'), TAKE_BACK_MS);
    try {
      await this.#finish(() => transactions.abort(this.#client.handle, sliceMs), patience);
    } finally {
      clearInterval(takingBack);
    }
  }

  /** Starts no more calls. Resolves when none uses the client, which must not be destroyed before that. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pending;
  }

  #finish(call: () => Promise<Pointer>, patience: Patience): Promise<void> {
    return this.#resume(call, async () => patience() && (await this.#isUnderWay()) && patience());
  }

  /**
   * Whether a call that timed out can be resumed. It cannot if librdkafka's main thread has not yet had a processor to begin
   * it. The late answer of that thread would count for the next step of the repeated call, which then returns before its
   * request is answered. The response then ends the process ("Invalid transaction state transition"; rdkafka_txnmgr.c of 2.12.0
   * and 2.15.1). While a call is under way, librdkafka refuses any other call. Sending no offsets shows that, and otherwise
   * does nothing.
   */
  async #isUnderWay(): Promise<boolean> {
    const { offsets, transactions } = this.#client.native;
    const none = offsets.listNew(0);
    const group = offsets.groupNew('none');
    try {
      const refused = await this.#call(() => transactions.sendOffsets(this.#client.handle, none, group, 0));
      return refused !== undefined;
    } finally {
      offsets.listDestroy(none);
      offsets.groupDestroy(group);
    }
  }

  async #resume(
    call: (sliceMs: number) => Promise<Pointer>,
    goesOn: () => boolean | Promise<boolean>,
    { firstMs, mostMs, pauseMs }: Slices = WHOLE,
  ): Promise<void> {
    for (let sliceMs = firstMs; ; sliceMs = Math.min(sliceMs * 2, mostMs)) {
      const failure = await this.#call(() => call(sliceMs));
      if (failure === undefined) return;
      if (!failure.retriable || this.#closed || !(await goesOn())) throw failure;
      await sleep(pauseMs);
    }
  }

  async #call(call: () => Promise<Pointer>): Promise<TransactionError | undefined> {
    if (this.#closed) throw new Error('the client was closed');
    const running = call();
    this.#pending = endOfBoth(this.#pending, running);
    const error = await running;
    return error === 0 ? undefined : new TransactionError(this.#client, error);
  }
}
