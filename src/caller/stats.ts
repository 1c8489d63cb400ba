/** State and counters of a producer at one moment. */

import type { Throttled } from '../shared/back-pressure.ts';
import type { BlockedBy } from '../shared/blocked.ts';
import type { ClientStatistics } from '../shared/client-statistics.ts';
import type { ConnectionState, ProducerState } from '../shared/lifecycle.ts';
import type { ReasonClass } from './dead-letters/dead-letter.ts';
import type { LoopTimes } from './link/loop-times.ts';
import type { PendingByPlace } from './pending.ts';
import type { Counts } from './settlement/accounting.ts';
import type { LatencyHistogram, LatencySummary } from './settlement/latency.ts';

/** What a store holds and may hold, in bytes. */
export interface Usage {
  readonly bytes: number;
  readonly maxBytes: number;
}

/** Results of attempts. `delivered` and `permanentlyFailed` count messages. */
export interface AttemptCounts {
  readonly delivered: number;
  /** Rounds of attempts that ended with a transient error. A round may hold many messages. */
  readonly failed: number;
  readonly permanentlyFailed: number;
}

export interface Stats extends Counts, LatencySummary {
  readonly state: ProducerState;
  readonly connection: ConnectionState;
  /** When the connection got into this state, in ms since 1970. */
  readonly connectionSince: number;
  /** The broker that throttles the producer (a quota of Kafka, an alarm of RabbitMQ); undefined if none does. */
  readonly throttled: Throttled | undefined;
  /**
   * The latest statistics of the Kafka client, which are taken where `client` sets `statistics.interval.ms`; undefined without, and
   * until the first interval is over.
   */
  readonly client: ClientStatistics | undefined;
  /** Why no message moves although messages are pending; undefined if they move, or there are none. */
  readonly blockedBy: BlockedBy | undefined;
  /** Number of messages that have not settled: `queued` + `inFlight`, counted one by one. */
  readonly pending: number;
  /** Messages that wait for their turn, in memory or on disk. */
  readonly queued: number;
  readonly inFlight: number;
  /** The pending messages by place. They add up to `pending`. */
  readonly pendingBy: PendingByPlace;
  /**
   * Age in ms of the oldest pending message; null if none is pending. The age of a message on disk only may be some seconds too high.
   * Messages of an earlier run are counted from the moment at which they were recovered.
   */
  readonly oldestMs: number | null;
  /** Memory of the queue. */
  readonly queue: Usage;
  /** Size of the spool on disk; undefined without a spool. `bytes` is 0 until the spool is open. */
  readonly spool: Usage | undefined;
  readonly attempts: AttemptCounts;
  /** How often the connection was closed and made again after failed attempts. */
  readonly resets: number;
  /** Messages that were dead-lettered, or dropped because there is no dead-letter target, by the reason. */
  readonly deadLetters: Readonly<Record<ReasonClass, number>>;
  readonly latency: LatencyHistogram;
  /** How often the worker thread was replaced. */
  readonly workerRestarts: number;
  /** How long the worker threads had something to do and nothing to do. Both are 0 for a loop on the caller's thread. */
  readonly workerLoop: LoopTimes;
}
