/**
 * librdkafka's transactional calls, one at a time. A call that times out is mostly under way still, and goes on when it is
 * called again. So each runs in short slices: one that is given up ends soon, and the client that it uses can then be destroyed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../native/client.ts';
import type { Pointer } from '../native/functions.ts';

/** How long one slice of a call may take, from the first on, and the pause after it. */
interface Slices {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly pauseMs: number;
}

/** Of commit and abort, which begin with a step in which librdkafka's main thread must answer: see `#isUnderWay`. */
const SLICE_MS = 1000;
const WHOLE: Slices = { firstMs: SLICE_MS, mostMs: SLICE_MS, pauseMs: 100 };
/** Of a call that begins anew: within one slice two coordinators must answer, however slow they are. */
const ANEW: Slices = { firstMs: SLICE_MS, mostMs: 10_000, pauseMs: 100 };
const RESUMABLE: Slices = { firstMs: 10, mostMs: 100, pauseMs: 5 };
/** How often what librdkafka has queued again is taken back while it aborts. */
const TAKE_BACK_MS = 20;
/** For the answer to the last abort of a client. */
const LAST_ABORT_MS = 50;
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

/** Resolves when both have settled. */
const endOfBoth = (earlier: Promise<void>, later: Promise<unknown>): Promise<void> =>
  later.then(
    () => earlier,
    () => earlier,
  );

/** Whether to go on with a call that has not succeeded yet; asked after each slice. */
export type Patience = () => boolean;

export class TransactionCalls {
  readonly #client: Client;
  /** Until every call has returned: one of an attempt that was given up may take longer than those after it. */
  #pending: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Ends what an earlier client with the same id has left open, and fences it. @throws TransactionError */
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
    return this.#resume((ms) => transactions.sendOffsets(this.#client.handle, offsets, group, ms), patience, ANEW);
  }

  commit(patience: Patience): Promise<void> {
    const { transactions } = this.#client.native;
    return this.#finish(() => transactions.commit(this.#client.handle, SLICE_MS), patience);
  }

  /** librdkafka takes back what is queued, may queue some of it again right after that, and would wait for it. */
  abort(patience: Patience): Promise<void> {
    return this.#abort(SLICE_MS, patience);
  }

  /**
   * Aborts the transaction of a client that sends nothing more, and does not wait for the new epoch that librdkafka may ask for
   * behind it: a broker refuses that while it ends the transaction, and librdkafka asks again after 500 ms. The call is not resumed.
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

  /** No call begins any more. Resolves when none uses the client: before that it must not be destroyed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pending;
  }

  /** Of commit and abort. */
  #finish(call: () => Promise<Pointer>, patience: Patience): Promise<void> {
    return this.#resume(call, async () => patience() && (await this.#isUnderWay()));
  }

  /**
   * Whether the call that timed out can be resumed. It cannot where librdkafka's main thread had no processor to begin it: the
   * answer that it gives later would count for the next step of the call that is repeated, which then returns before its request
   * is answered, and the response ends the process ("Invalid transaction state transition"; rdkafka_txnmgr.c of 2.12.0 and
   * 2.15.1). While a call is under way, any other one is refused; to send no offsets does nothing otherwise.
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
