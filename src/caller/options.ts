/** Options of an engine. */

import type { BaseConfig } from '../config/schema/base.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { DeliverySettings, WorkerStart } from '../shared/protocol.ts';
import type { Clock } from '../shared/util/clock.ts';
import type { DeadLetterTarget, Fallback } from './dead-letters/dead-letter.ts';
import type { Host, HostCallbacks } from './link/host.ts';
import type { EndingListener } from './settlement/settlement.ts';
import type { SpoolOptions } from './spool/spooling.ts';
import type { EngineTelemetry } from './telemetry/telemetry.ts';

/** What happens to a message that finds the queue full. */
export type WhenFull = BaseConfig['queue']['when_full'];

/** `dead_letter` means that remaining messages go to the dead-letter target, as far as it takes them before the deadline. */
export type OnShutdown = 'undelivered' | 'dead_letter';

export interface EngineOptions {
  /** The producer's name. */
  readonly name: string;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  /** Fullness, from 0 to 1, above which `produce` returns false. */
  readonly highWaterMark: number;
  readonly settings: DeliverySettings;
  /** Largest number of leases with the worker. It is called for each lease, because a class's fields are set after its base. @default 16 */
  leases?(): number | undefined;
  /** The durable queue; undefined for a queue in memory only. */
  readonly spool?: SpoolOptions | undefined;
  /** Bytes of memory that outlive the worker. The kind notes there what it must clean up after the worker's death. */
  readonly ledgerBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Each listener is called for every settled message. */
  readonly listeners: readonly EndingListener[];
  /** Whether each settled message has a log line of its own. @default false */
  readonly isEachLogged?: boolean;
  readonly deadLetter: DeadLetterTarget | undefined;
  /** Returns the target for a dead letter whose message came by a route. It takes precedence over `deadLetter`. @default none */
  readonly fallback?: Fallback | undefined;
  /** OpenTelemetry, and how it names what the producer delivers to. @default none */
  readonly telemetry?: EngineTelemetry | undefined;
  /** How messages that are left settle when the producer ends. */
  readonly onShutdown: OnShutdown;
  /** Starts the host of a delivery loop over the shared memory. */
  createHost(shared: Omit<WorkerStart, 'source'>, callbacks: HostCallbacks): Host;
  /** Cleans up what a dead worker left in the ledger. */
  reclaim(ledger: SharedArrayBuffer): void;
}
