/** A producer at one moment. */

import type { Throttled } from '../shared/back-pressure.ts';
import type { BlockedBy } from '../shared/blocked.ts';
import type { ConnectionState, ProducerState } from '../shared/lifecycle.ts';
import type { Counts } from './settlement/accounting.ts';
import type { LatencySummary } from './settlement/latency.ts';

export interface Stats extends Counts, LatencySummary {
  readonly state: ProducerState;
  readonly connection: ConnectionState;
  /** The broker that asks to be sent nothing for now (a quota of Kafka, an alarm of RabbitMQ); undefined while none does. */
  readonly throttled: Throttled | undefined;
  /** Why nothing moves although messages are pending; undefined while they move, or there are none. */
  readonly blockedBy: BlockedBy | undefined;
  /** Messages that have not settled: `queued` + `inFlight`, counted one by one. */
  readonly pending: number;
  /** Waiting for their turn, in memory or on disk. */
  readonly queued: number;
  readonly inFlight: number;
  /** How often the worker thread was replaced. */
  readonly workerRestarts: number;
}
