/** Every message between the caller's side and the worker, and the memory that they share beside them. */

import type { Throttled } from './back-pressure.ts';
import type { ConnectionState } from './lifecycle.ts';
import type { NumberRun } from './sequence-ranges.ts';
import type { BrokerReport } from './transport.ts';
import type { WireError } from './wire-error.ts';

/** How the delivery loop is to behave; times in ms, `maxResets` may be Infinity. */
export interface DeliverySettings {
  readonly maxRetries: number;
  readonly maxResets: number;
  readonly backoffMs: number;
  readonly connectTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  /** What the empty topic of a record stands for. */
  readonly topic: string;
  readonly errorTopic: string;
}

/** Where the worker finds the producer's class, and what it is built from. */
export interface ProducerSource {
  /** URL or path of the module that exports the class. */
  readonly module: string;
  /** The class's export; undefined = found by `className`. */
  readonly exportName?: string;
  readonly className: string;
  /** The validated configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The durable queue of a producer. Numbers of messages are the producer's, which begin at 0 with each run. */
export interface SpoolStart {
  readonly directory: string;
  readonly maxBytes: number;
  /** What was not confirmed may be lost for so long when the machine goes down. */
  readonly syncIntervalMs: number;
  /** See {@link SPOOL_WORDS}; memory that outlives the worker. */
  readonly words: SharedArrayBuffer;
  /** So many leases at once may go to the loop as they are; their memory cannot be given back until they settle. */
  readonly directRanges: number;
  /** For a worker that replaces one; the first one finds out what is there. */
  readonly handover?: Handover;
}

/** What the caller's side knows of the spool when a worker has died. */
export interface Handover {
  /** What is on disk alone, and is to go to the loop. */
  readonly backlog: readonly NumberRun[];
  /** Of that: messages that kill their workers, and are to be given up. */
  readonly poison: readonly Poison[];
  /** Of the backlog only what is below goes, until `feed` says more: older messages are still to come as leases. */
  readonly readBefore: number;
  /** Every message that has not settled. Others that are in the spool have, and nobody had the time to write that down. */
  readonly pending: readonly NumberRun[];
}

export interface Poison {
  readonly sequence: number;
  readonly attempts: readonly FailedAttempt[];
}

/** Shared numbers that tell how far the spool is. All are 0 at first. */
export const SPOOL_WORDS = {
  /** The number that the run's message 0 has in the spool, plus 1; 0 until that is known. */
  base: 0,
  /** Every message below this has been written. */
  written: 1,
  /** Every message below this stays, whatever becomes of the machine. */
  synced: 2,
  /** Not 0: the caller's side has closed its books, and nothing more is to be written. */
  sealed: 3,
} as const;
export const SPOOL_BYTES = 4 * Float64Array.BYTES_PER_ELEMENT;

/** What a worker starts from. */
export interface WorkerStart {
  readonly source: ProducerSource;
  /** Random, for the life of the producer: with a message's number it is its id, where no spool says another. */
  readonly run: string;
  readonly settings: DeliverySettings;
  /** See attempt-mark.ts. */
  readonly attempt: SharedArrayBuffer;
  /** What the kind keeps outside the worker's life, such as native handles. */
  readonly ledger: SharedArrayBuffer;
  readonly spool?: SpoolStart;
}

/** The id of a message without a spool. Both sides make it. */
export const idIn = (run: string, sequence: number): string => `${run}-${sequence}`;

/** Ids of some messages, by their numbers. */
export type KeptIds = ReadonlyMap<number, string>;

/** Records that the worker may deliver. They stay where they are; only this crosses. */
export interface LeaseMessage {
  readonly id: number;
  /** The slot's memory (queue/slot.ts). */
  readonly shared: SharedArrayBuffer;
  readonly from: number;
  readonly count: number;
  /** The producer's number for the first of them; the others follow it without a gap. */
  readonly sequence: number;
  /** Of those that had an id before they came to this producer, by their numbers. */
  readonly ids?: KeptIds;
}

/** One failed attempt, as a dead letter keeps it. */
export interface FailedAttempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly error: WireError;
}

/** What only the worker knows of a message in a spool. */
interface Identified {
  readonly id?: string;
}

export interface CondemnedMessage extends Identified {
  readonly lease: number;
  readonly index: number;
  /** Oldest first; the last one condemned it. */
  readonly attempts: readonly FailedAttempt[];
}

/** The broker's word on one message that somebody waits for; the kinds that have none say nothing but which message. */
export interface ReportMessage extends Partial<BrokerReport>, Identified {
  readonly lease: number;
  readonly index: number;
}

/** The broker's word on one message that was on disk alone, with the packed message where somebody hears of it. */
export interface SpilledReport extends Omit<ReportMessage, 'lease' | 'index'> {
  readonly sequence: number;
  readonly record: Uint8Array;
}

/** A message that was on disk alone is beyond help. */
export interface SpilledCondemned extends Identified {
  readonly sequence: number;
  readonly record: Uint8Array;
  readonly attempts: readonly FailedAttempt[];
}

/** What the worker says of its spool. */
export type FromSpool =
  /** It is open; these were in it from an earlier run, with numbers below 0. */
  | { readonly type: 'recovered'; readonly messages: readonly NumberRun[] }
  /** One line for the log: what was lost, or what the system refused. */
  | { readonly type: 'spoolTrouble'; readonly level: 'warn' | 'error'; readonly trouble: string }
  /** Everything below is on disk, for whoever has asked by `confirm`. */
  | { readonly type: 'stored'; readonly before: number }
  /** What is below was written, and may not outlive the machine. */
  | { readonly type: 'unconfirmed'; readonly before: number; readonly error: WireError }
  /** So many leases that had come are on disk. */
  | { readonly type: 'written'; readonly leases: number }
  /** These leases are on disk and not in the worker: their memory is free. */
  | { readonly type: 'spilled'; readonly leases: readonly number[] }
  /** These leases could not be written: they are given back. */
  | { readonly type: 'unstored'; readonly leases: readonly number[]; readonly error: WireError }
  | {
      readonly type: 'spilledDelivered';
      readonly messages: readonly NumberRun[];
      readonly reports: readonly SpilledReport[];
    }
  | { readonly type: 'spilledCondemned'; readonly message: SpilledCondemned }
  /** Nothing of the spool is open any more. */
  | { readonly type: 'spoolClosed' }
  /** These were on disk and cannot be read any more. */
  | { readonly type: 'lost'; readonly messages: readonly NumberRun[] }
  /** These were taken for messages of an earlier run, and no message ever had their numbers. */
  | { readonly type: 'unused'; readonly messages: readonly NumberRun[] };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type ToWorker =
  | { readonly type: 'lease'; readonly leases: readonly LeaseMessage[] }
  /** Connect even without a message. */
  | { readonly type: 'connect' }
  /** Cut a back-off short, once. */
  | { readonly type: 'wake' }
  /** One last pass over what is leased and still comes; after `end`, nothing more comes. */
  | { readonly type: 'drain'; readonly end: boolean }
  /** Give up on the rest and close. */
  | { readonly type: 'abort' }
  /** Close the spool, behind everything that was said before. */
  | { readonly type: 'closeSpool' }
  /** Writing may be tried again. */
  | { readonly type: 'resume' }
  /** Everything below has been leased again: so far goes what is on disk alone. */
  | { readonly type: 'feed'; readonly before: number }
  /** Give the memory back of what is on disk and waits for the loop. */
  | { readonly type: 'makeRoom' }
  /** Say when everything that has come is on disk. */
  | { readonly type: 'confirm' }
  /** The caller's side has settled these: the spool may forget them. */
  | { readonly type: 'settle'; readonly messages: readonly NumberRun[] };

export type ToCaller =
  | FromSpool
  /** Deliveries have been marked in the slots of these leases. */
  | { readonly type: 'progress'; readonly leases: readonly number[]; readonly reports: readonly ReportMessage[] }
  | { readonly type: 'condemned'; readonly messages: readonly CondemnedMessage[] }
  /** An attempt failed; it is made again. */
  | { readonly type: 'attemptFailed'; readonly error: WireError }
  /** A pause before the next attempt begins, of so many ms; 0 when it is over. */
  | { readonly type: 'paused'; readonly ms: number }
  | { readonly type: 'connection'; readonly state: ConnectionState; readonly error?: WireError }
  /** A broker asks to be sent nothing; undefined when none does any more. */
  | { readonly type: 'throttled'; readonly throttled: Throttled | undefined }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    }
  /** The loop has ended, the connection is closed. */
  | { readonly type: 'closed' }
  /** The class, its configuration or its spool cannot be used. The thread does nothing more. */
  | { readonly type: 'failed'; readonly error: WireError };
