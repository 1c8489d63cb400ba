/** A producer at one moment. */

import type { ConnectionState, ProducerState } from '../lifecycle.ts';
import type { Counts } from './accounting.ts';
import type { LatencySummary } from './latency.ts';

export interface Stats extends Counts, LatencySummary {
  readonly state: ProducerState;
  readonly connection: ConnectionState;
  /** Messages that have not settled: `queued` + `inFlight`, counted one by one. */
  readonly pending: number;
  /** Waiting for their turn, in memory or on disk. */
  readonly queued: number;
  readonly inFlight: number;
  /** How often the worker thread was replaced. */
  readonly workerRestarts: number;
}
