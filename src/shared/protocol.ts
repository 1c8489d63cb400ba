/** Every message between the caller's side and the worker, and the layout of the shared memory that they use in addition. */

import type { Throttled } from './back-pressure.ts';
import type { ClientStatistics } from './client-statistics.ts';
import type { ConnectionState } from './lifecycle.ts';
import type { NumberRun } from './sequence-ranges.ts';
import type { BrokerReport } from './transport.ts';
import type { WireError } from './wire-error.ts';

/** Settings of the delivery loop. Times are in ms; `maxResets` may be Infinity. */
export interface DeliverySettings {
  readonly maxRetries: number;
  readonly maxResets: number;
  readonly backoffMs: number;
  readonly connectTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  /** The topic of a record that names none. */
  readonly topic: string;
  readonly errorTopic: string;
}

/** Where the worker finds the producer's class, and the configuration for its constructor. */
export interface ProducerSource {
  /** URL or path of the module that exports the class. */
  readonly module: string;
  /** Name of the export that holds the class. Where it is undefined, the worker finds the class by `className`. */
  readonly exportName?: string;
  readonly className: string;
  /** The validated configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * What a worker needs to open the durable queue of a producer. Messages have the producer's sequence numbers, which begin at 0 with
 * each run of the process.
 */
export interface SpoolStart {
  readonly directory: string;
  readonly maxBytes: number;
  /** Maximum time in ms between two syncs. Unconfirmed messages of this time may be lost when the machine crashes. */
  readonly syncIntervalMs: number;
  /** Shared counters of the spool, in memory that outlives the worker. See `SpoolWords`. */
  readonly words: SharedArrayBuffer;
  /**
   * Maximum number of leases that may be with the loop straight from memory. The memory of such a lease is not freed before its
   * messages settle.
   */
  readonly directRanges: number;
  /** State for a worker that replaces a dead one. The first worker reads the state from disk. */
  readonly handover?: Handover;
}

/** What the caller's side knows of the spool's messages when a worker has died. */
export interface Handover {
  /** Messages on disk only, which the new worker has to read and feed to the loop. */
  readonly backlog: readonly NumberRun[];
  /** Messages of the backlog that crash their workers, which the new worker reports as permanently failed without an attempt. */
  readonly poison: readonly FailedMessage[];
  /**
   * The worker feeds only backlog below this sequence number, until `feed` raises it. Older messages than the rest of the backlog
   * are still to come as leases.
   */
  readonly readBefore: number;
  /** Every message that has not settled. All others in the spool have settled, but the dead worker had no time to record that. */
  readonly pending: readonly NumberRun[];
}

/** The data that a worker starts from. */
export interface WorkerStart {
  readonly source: ProducerSource;
  /** A random text for the life of the producer. With a sequence number it forms the id of a message that has no id from a spool. */
  readonly run: string;
  readonly settings: DeliverySettings;
  /** Memory of the mark in attempt-mark.ts. */
  readonly attempt: SharedArrayBuffer;
  /** Memory that the kind keeps beyond the worker's life, for native handles for instance. */
  readonly ledger: SharedArrayBuffer;
  readonly spool?: SpoolStart;
}

/** Returns the id of a message that is not in a spool. Both sides compute it. */
export const idIn = (run: string, sequence: number): string => `${run}-${sequence}`;

/** Ids of some messages, by sequence number. */
export type KeptIds = ReadonlyMap<number, string>;

/**
 * A lease of records that the worker may deliver. Only this object crosses; the records stay in their slot. It is known by its run
 * of sequence numbers, because no two open leases have a message in common.
 */
export interface LeaseMessage {
  /** The slot's memory (memory/slot.ts). */
  readonly shared: SharedArrayBuffer;
  readonly from: number;
  readonly count: number;
  /** Sequence number of the first record; the others follow it without a gap. */
  readonly sequence: number;
  /** Ids of those messages that had one before this producer accepted them, by sequence number. */
  readonly ids?: KeptIds;
  /** Set by the worker for messages that it has read from disk. The caller's side has no memory of them. */
  readonly isOnDiskOnly?: boolean;
}

/** One failed attempt, as a dead letter keeps it. */
export interface FailedAttempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly error: WireError;
}

/** A message by its address on the port, which is its sequence number, with what only the worker has of it. */
interface MessageOnPort {
  readonly sequence: number;
  /** Its id, if it is in a spool. */
  readonly id?: string;
  /** The packed message, if it is on disk only. */
  readonly record?: Uint8Array;
}

/** A message that has permanently failed. */
export interface FailedMessage extends MessageOnPort {
  /** Oldest first. The last one made the failure permanent. */
  readonly attempts: readonly FailedAttempt[];
}

/** The broker's report on one delivered message, for a caller that waits for it. Kinds without reports name only the message. */
export interface ReportMessage extends MessageOnPort, Partial<BrokerReport> {}

/** The worker's reports on its spool. */
export type FromSpool =
  /** The spool is open. It held these messages of an earlier run, which get sequence numbers below 0. */
  | { readonly type: 'recovered'; readonly messages: readonly NumberRun[] }
  /** One line for the log: a loss, or an operation that the system refused. */
  | { readonly type: 'spoolTrouble'; readonly level: 'warn' | 'error'; readonly trouble: string }
  /** Every message below `before` is on disk and synced, as `confirm` has asked. */
  | { readonly type: 'stored'; readonly before: number }
  /** Every message below `before` was written, but not synced, so it may not survive a crash of the machine. */
  | { readonly type: 'unconfirmed'; readonly before: number; readonly error: WireError }
  /** This number of leases that the worker received have been written to disk. */
  | { readonly type: 'written'; readonly leases: number }
  /** These leases are on disk and the worker does not hold them, so their memory is free. */
  | { readonly type: 'onDiskOnly'; readonly leases: readonly NumberRun[] }
  /** These leases could not be written; the worker gives them back. */
  | { readonly type: 'unstored'; readonly leases: readonly NumberRun[]; readonly error: WireError }
  /** The worker has closed all files of the spool. */
  | { readonly type: 'spoolClosed' }
  /** These messages were on disk and cannot be read any more. */
  | { readonly type: 'lost'; readonly messages: readonly NumberRun[] }
  /** These numbers were counted as messages of an earlier run, but no message ever had them. */
  | { readonly type: 'unused'; readonly messages: readonly NumberRun[] };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type ToWorker =
  | { readonly type: 'lease'; readonly leases: readonly LeaseMessage[] }
  /** Connects even without a message. */
  | { readonly type: 'connect' }
  /** Cuts the current back-off short, once. */
  | { readonly type: 'wake' }
  /** Asks for one last pass over the leases, including those still to come. With `end`, no more leases come. */
  | { readonly type: 'drain'; readonly end: boolean }
  /** Abandons all remaining messages and closes the connection. */
  | { readonly type: 'abort' }
  /** Closes the spool after all earlier messages of the port have been handled. */
  | { readonly type: 'closeSpool' }
  /** Allows the worker to try writing again. */
  | { readonly type: 'resume' }
  /** Every message below `before` has been leased again, so the worker may read messages on disk only up to there. */
  | { readonly type: 'feed'; readonly before: number }
  /** Asks the worker to free the memory of leases that are on disk and wait for the loop. */
  | { readonly type: 'makeRoom' }
  /** Asks for a report (`stored`) once everything received so far is on disk. */
  | { readonly type: 'confirm' }
  /** The caller's side has settled these messages, so the spool may forget them. */
  | { readonly type: 'settle'; readonly messages: readonly NumberRun[] };

export type ToCaller =
  | FromSpool
  /**
   * Messages were delivered. A range that is a lease has marks in its slot, which tell which of its messages they are. Of a range
   * that is on disk only, all messages were. A report may come before its range.
   */
  | { readonly type: 'delivered'; readonly ranges: readonly NumberRun[]; readonly reports: readonly ReportMessage[] }
  | ({ readonly type: 'permanentlyFailed' } & FailedMessage)
  /** An attempt failed and will be repeated. */
  | { readonly type: 'attemptFailed'; readonly error: WireError }
  /** A pause of this many ms before the next attempt begins; 0 when it is over. */
  | { readonly type: 'paused'; readonly ms: number }
  | { readonly type: 'connection'; readonly state: ConnectionState; readonly error?: WireError }
  /** A broker asks to be sent nothing; undefined when no broker asks any more. */
  | { readonly type: 'throttled'; readonly throttled: Throttled | undefined }
  | { readonly type: 'statistics'; readonly statistics: ClientStatistics }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    }
  /** The loop has ended and the connection is closed. */
  | { readonly type: 'closed' }
  /** The class, its configuration or its spool cannot be used. The thread does nothing more. */
  | { readonly type: 'failed'; readonly error: WireError };
