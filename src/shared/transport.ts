/** The interface between the delivery loop and the code that delivers: three hooks, and a batch form. */

import type { Message } from './message/message.ts';

/** The report of a broker on a delivered message. */
export interface BrokerReport {
  readonly partition: number;
  /** The offset in the partition; negative where the broker gave none. */
  readonly offset: number;
  /** The timestamp that the broker has stored with the message, in ms since 1970; negative or absent where it is not known. */
  readonly timestamp?: number;
}

/**
 * Messages of one lease, in order, for one attempt. Indices go from 0 to `size - 1`. The loop ignores outcomes that come after the
 * attempt has ended, so that a message cannot settle twice.
 */
export interface Batch {
  readonly size: number;
  /** The packed records (layout: memory/record.ts) in shared memory that the caller's side owns. */
  readonly memory: Uint8Array;
  /** `offsets[i]` is where record `i` begins in `memory`, in bytes. */
  readonly offsets: Uint32Array;
  /** The sequence number of message 0, in the order of acceptance; message `i` has `sequence + i`. */
  readonly sequence: number;
  /** Whether the transport must skip message `index`, because it has settled already or may only be sent later. */
  skip(index: number): boolean;
  /** The id of message `index`, which no other message of any producer has. See {@link Message.id}. */
  id(index: number): string;
  /** Message `index`, over a copy of its bytes. */
  message(index: number): Message;
  /**
   * Marks message `index` as being attempted by code that it may crash. If the worker dies before there is an outcome, that counts
   * as a failed attempt of this message. A client that only copies messages does not call it.
   */
  attempting(index: number): void;
  /** Reports that message `index` was delivered. */
  delivered(index: number, report?: BrokerReport): void;
  /** Reports that the attempt of message `index` failed; the loop decides what follows. */
  failed(index: number, error: Error): void;
  /** Aborted when the loop abandons the attempt. */
  readonly signal: AbortSignal;
}

/** The hooks that the delivery loop calls. One instance lives for the life of a worker. */
export interface Transport {
  /** Maximum number of batches in flight at once. More than 1 only where the client itself keeps order. @default 1 */
  readonly batchesInFlight?: number;

  /**
   * Maximum number of batches with the worker at once, in flight and waiting. Where a batch costs the same whatever its size, fewer
   * are better, because messages that arrive meanwhile are sent together. @default 16
   */
  readonly batchesHeld?: number | undefined;

  /**
   * Connects. The loop calls it before the first message and after every reset, and each call starts from nothing (a fresh client).
   * Rejects when no connection can be had; `signal` is aborted at the deadline.
   */
  _connect(signal: AbortSignal): Promise<void> | void;

  /**
   * Delivers one message: it resolves when the message is delivered and rejects when it failed. A PermanentSendError, TypeError,
   * RangeError or ReferenceError dead-letters the message; after any other error it is retried. A TypeError with a cause is
   * retried, too, because that is how fetch reports a network failure.
   */
  _send(isError: boolean, message: Message, signal: AbortSignal): Promise<unknown> | unknown;

  /**
   * Attempts the batch's messages in order and resolves once none of them is in flight. It stops at the first failure
   * (`batch.failed`) or earlier. Messages without an outcome are retried, in order. The loop may call it again before it has
   * resolved, up to `batchesInFlight` times.
   */
  _sendBatch(batch: Batch): Promise<void>;

  /**
   * Takes back the messages that have not been sent. The client is about to report the outcomes of the others, and the loop waits
   * for them until the attempt's deadline. Where this hook is missing, the loop calls `_interrupt` at once.
   */
  _recall?(): void;

  /** Abandons the messages in flight as soon as the client can; every pending `_sendBatch` then resolves. */
  _interrupt?(): void;

  /** Whether nothing can be sent on this connection any more. A new one is made, which counts as no message's failure. */
  readonly _spent?: boolean;

  /**
   * Total time in ms for which the other side has asked to be sent nothing. That is back-pressure and no failure, so the time
   * counts for no attempt. @default 0
   */
  readonly _heldUpMs?: number;

  /** Closes the connection. It must be safe after a failed `_connect` and when called twice. */
  _close(): Promise<void> | void;
}
