/** Events of the delivery loop. `LoopHost` turns them into messages to the caller's side. */

import type { ConnectionState } from '../../shared/lifecycle.ts';
import type { FailedAttempt, LogLevel } from '../../shared/protocol.ts';
import type { BrokerReport } from '../../shared/transport.ts';
import type { LeasedRange, RecordRef } from './leased-range.ts';

export interface DeliveryEvents {
  /** The target producer is about to attempt a record. */
  attempting(range: LeasedRange, index: number): void;
  /** The attempted record has failed. If the worker dies after this, that record is not the cause. */
  attemptEnded(): void;
  /** A record was delivered. Its outcome is already marked in the slot. */
  delivered(range: LeasedRange, index: number, report?: BrokerReport): void;
  /** A record failed permanently. Its outcome is already marked in the slot. */
  permanentlyFailed(ref: RecordRef, attempts: readonly FailedAttempt[]): void;
  /** An attempt failed with a transient error. */
  attemptFailed(error: Error): void;
  /** A pause of `ms` milliseconds begins before the next attempt. 0 means that the pause is over. */
  paused?(ms: number): void;
  connection(state: ConnectionState, error?: Error): void;
  log(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void;
}
