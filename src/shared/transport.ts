/** The seam between the delivery loop and whatever delivers: three hooks, and a batch form for kinds that can do better. */

import type { Message } from './message/message.ts';

/** What a broker may say about a delivered message. */
export interface BrokerReport {
  readonly partition: number;
  /** The offset in the partition; negative where the broker gave none. */
  readonly offset: number;
  /** Milliseconds since 1970 that the broker has stored with the message; negative or absent where it is not known. */
  readonly timestamp?: number;
}

/**
 * Messages of one lease, in order, for one attempt. Indices go from 0 to `size - 1`. Outcomes given after the attempt
 * has ended are ignored, so that a message cannot settle twice.
 */
export interface Batch {
  readonly size: number;
  /** The packed records (layout: queue/record.ts) in shared memory that the caller's side owns. */
  readonly memory: Uint8Array;
  /** `offsets[i]` is where record `i` begins in `memory`, in bytes. */
  readonly offsets: Uint32Array;
  /** The producer's number for message 0, in the order of acceptance; message `i` has `sequence + i`. */
  readonly sequence: number;
  /** Whether message `index` is to be left alone: it has settled already, or its turn is later. */
  skip(index: number): boolean;
  /** Names message `index` and no other one of any producer: see {@link Message.id}. */
  id(index: number): string;
  /** A view over a copy of message `index`. */
  message(index: number): Message;
  /**
   * Says that message `index` is being attempted, by code that it may kill: if the worker dies before there is an outcome,
   * the message is charged. A client that only copies messages away leaves it out.
   */
  attempting(index: number): void;
  /** Message `index` was delivered. */
  delivered(index: number, report?: BrokerReport): void;
  /** The attempt of message `index` failed; the loop decides what follows. */
  failed(index: number, error: Error): void;
  /** Aborted when the attempt is given up. */
  readonly signal: AbortSignal;
}

/** What the delivery loop drives. One instance lives for the life of a worker. */
export interface Transport {
  /** How many batches may be in flight at once. More than 1 only where the client itself keeps order. @default 1 */
  readonly batchesInFlight?: number;

  /**
   * How many batches may be with the worker at once, in flight and waiting. Where a batch costs the same whatever its size, fewer
   * are better: what comes meanwhile goes together. @default 16
   */
  readonly batchesHeld?: number | undefined;

  /**
   * Connects. Called before the first message and after every reset; each call starts from nothing (a fresh client).
   * Rejects when no connection can be had; `signal` is aborted at the deadline.
   */
  _connect(signal: AbortSignal): Promise<void> | void;

  /**
   * Delivers one message: resolve = delivered, reject = failed. A PermanentSendError, and a TypeError, RangeError or
   * ReferenceError, dead-letters it; anything else is tried again.
   */
  _send(isError: boolean, message: Message, signal: AbortSignal): Promise<unknown> | unknown;

  /**
   * Attempts the batch's messages in order and resolves once none of them is in flight. It stops at the first failure
   * (`batch.failed`) or earlier; messages without an outcome go again, in order. May be called again before it has
   * resolved, up to `batchesInFlight` times.
   */
  _sendBatch(batch: Batch): Promise<void>;

  /**
   * Gives back what has not been sent: what became of the rest is about to be known, and is awaited until the attempt's
   * deadline. Where it is left out, `_interrupt` is called at once.
   */
  _recall?(): void;

  /** Gives back what is in flight as soon as the client can; every pending `_sendBatch` then resolves. */
  _interrupt?(): void;

  /** Whether nothing can be sent on this connection any more: a new one is made, and no message is charged for it. */
  readonly _spent?: boolean;

  /**
   * For how long, in ms and in all, the other side has asked to be sent nothing. That is back-pressure and no failure: the
   * time counts for no attempt. @default 0
   */
  readonly _heldUpMs?: number;

  /** Closes the connection. Safe after a failed `_connect` and when called twice. */
  _close(): Promise<void> | void;
}
