/** Every message between the caller's side and the worker, and the memory that they share beside them. */

import type { ConnectionState } from '../lifecycle.ts';
import type { BrokerReport } from '../transport.ts';
import type { WireError } from '../wire-error.ts';

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

/** What a worker starts from. */
export interface WorkerStart {
  readonly source: ProducerSource;
  readonly settings: DeliverySettings;
  /** See {@link ATTEMPT_WORDS}. */
  readonly attempt: SharedArrayBuffer;
  /** What the kind keeps outside the worker's life, such as native handles. */
  readonly ledger: SharedArrayBuffer;
}

/** Shared words that say which record is being attempted, readable after the worker has died: lease id, index. */
export const ATTEMPT_WORDS = { lease: 0, index: 1 } as const;
export const ATTEMPT_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;

/** Records that the worker may deliver. They stay where they are; only this crosses. */
export interface LeaseMessage {
  readonly id: number;
  /** The slot's memory (queue/slot.ts). */
  readonly shared: SharedArrayBuffer;
  readonly from: number;
  readonly count: number;
  /** The producer's number for the first of them; the others follow it without a gap. */
  readonly sequence: number;
}

/** One failed attempt, as a dead letter keeps it. */
export interface FailedAttempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly error: WireError;
}

export interface CondemnedMessage {
  readonly lease: number;
  readonly index: number;
  /** Oldest first; the last one condemned it. */
  readonly attempts: readonly FailedAttempt[];
}

/** The broker's word on one message that somebody waits for; the kinds that have none say nothing but which message. */
export interface ReportMessage extends Partial<BrokerReport> {
  readonly lease: number;
  readonly index: number;
}

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
  | { readonly type: 'abort' };

export type ToCaller =
  /** Deliveries have been marked in the slots of these leases. */
  | { readonly type: 'progress'; readonly leases: readonly number[]; readonly reports: readonly ReportMessage[] }
  | { readonly type: 'condemned'; readonly messages: readonly CondemnedMessage[] }
  | { readonly type: 'connection'; readonly state: ConnectionState; readonly error?: WireError }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    }
  /** The loop has ended, the connection is closed. */
  | { readonly type: 'closed' }
  /** The producer cannot be built; trying again would not help. */
  | { readonly type: 'failed'; readonly error: WireError };
