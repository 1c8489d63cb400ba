/** What the delivery loop tells whoever runs it. */

import type { ConnectionState } from '../../shared/lifecycle.ts';
import type { FailedAttempt, LogLevel } from '../../shared/protocol.ts';
import type { BrokerReport } from '../../shared/transport.ts';
import type { LeasedRange, RecordRef } from './leased-range.ts';

export interface DeliveryEvents {
  /** A record was about to be attempted. */
  attempting(range: LeasedRange, index: number): void;
  /** The record that was being attempted has failed: what happens from here on is not its doing. */
  attemptEnded(): void;
  /** A record was delivered; its outcome is marked. */
  delivered(range: LeasedRange, index: number, report?: BrokerReport): void;
  /** A record is beyond help; its outcome is marked. */
  condemned(ref: RecordRef, attempts: readonly FailedAttempt[]): void;
  /** An attempt failed for a reason that may pass. */
  attemptFailed(error: Error): void;
  /** A pause before the next attempt begins, of so many ms; 0 when it is over. */
  paused?(ms: number): void;
  connection(state: ConnectionState, error?: Error): void;
  log(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void;
}
