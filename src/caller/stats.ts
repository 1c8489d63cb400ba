/** State and counters of a producer at one moment. */

import type { Throttled } from '../shared/back-pressure.ts';
import type { BlockedBy } from '../shared/blocked.ts';
import type { ConnectionState, ProducerState } from '../shared/lifecycle.ts';
import type { Counts } from './settlement/accounting.ts';
import type { LatencySummary } from './settlement/latency.ts';

export interface Stats extends Counts, LatencySummary {
  readonly state: ProducerState;
  readonly connection: ConnectionState;
  /** The broker that throttles the producer (a quota of Kafka, an alarm of RabbitMQ); undefined if none does. */
  readonly throttled: Throttled | undefined;
  /** Why no message moves although messages are pending; undefined if they move, or there are none. */
  readonly blockedBy: BlockedBy | undefined;
  /** Number of messages that have not settled: `queued` + `inFlight`, counted one by one. */
  readonly pending: number;
  /** Messages that wait for their turn, in memory or on disk. */
  readonly queued: number;
  readonly inFlight: number;
  /** How often the worker thread was replaced. */
  readonly workerRestarts: number;
}
