/** What an engine is made from. */

import type { Logger } from '../shared/log/logger.ts';
import type { DeliverySettings, WorkerStart } from '../shared/protocol.ts';
import type { Clock } from '../shared/util/clock.ts';
import type { WhenFull } from './admission.ts';
import type { DeadLetterTarget, Fallback } from './dead-letters/dead-letter.ts';
import type { Host, HostCallbacks } from './link/host.ts';
import type { EndingListener } from './settlement/settlement.ts';
import type { SpoolOptions } from './spool/spooling.ts';

/** `dead_letter`: they go to the dead-letter target, as far as it takes them before the deadline. */
export type OnShutdown = 'undelivered' | 'dead_letter';

export interface EngineOptions {
  /** The producer's name. */
  readonly name: string;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  /** `produce` returns false above this fullness, 0 to 1. */
  readonly highWaterMark: number;
  readonly settings: DeliverySettings;
  /** How many leases are with the worker at once, asked when one is wanted: a class's fields come after its base. @default 16 */
  leases?(): number | undefined;
  /** The durable queue; undefined = in memory alone. */
  readonly spool?: SpoolOptions | undefined;
  /** Bytes of memory that outlive the worker, for what the kind must clean up after its death. */
  readonly ledgerBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Each hears of every settled message. */
  readonly listeners: readonly EndingListener[];
  /** Each message that settles has a line of its own in the log. @default false */
  readonly isEachLogged?: boolean;
  readonly deadLetter: DeadLetterTarget | undefined;
  /** Is asked before that: who gets a letter, because of the route that its message came by. @default nobody */
  readonly fallback?: Fallback | undefined;
  /** What becomes of messages that are left when the producer ends. */
  readonly onShutdown: OnShutdown;
  /** Starts a loop host over the shared memory. */
  createHost(shared: Omit<WorkerStart, 'source'>, callbacks: HostCallbacks): Host;
  /** Cleans up what a dead worker left in the ledger. */
  reclaim(ledger: SharedArrayBuffer): void;
}
