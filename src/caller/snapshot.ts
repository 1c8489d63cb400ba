/** Takes all figures of a producer in one turn of the event loop, so that they add up. */

import type { Clock } from '../shared/util/clock.ts';
import { blockedByOf } from './blocked-by.ts';
import type { Counters } from './counters.ts';
import type { DeadLetters } from './dead-letters/dead-letters.ts';
import type { LoopTimes } from './link/loop-times.ts';
import type { Pending } from './pending.ts';
import type { Life } from './producer-state.ts';
import type { MessageQueue } from './queue/message-queue.ts';
import type { Accounting } from './settlement/accounting.ts';
import type { Latency } from './settlement/latency.ts';
import type { Spooling } from './spool/spooling.ts';
import type { Stats } from './stats.ts';

/** The figures of `stats()`, and one that concerns only counters that must not fall. */
export interface Snapshot extends Stats {
  /** Recovered messages that turned out never to have existed. `recovered` does not include them. */
  readonly unused: number;
}

export interface SnapshotContext {
  readonly options: { readonly maxBytes: number };
  readonly clock: Pick<Clock, 'now'>;
  readonly queue: Pick<MessageQueue, 'usedBytes'>;
  readonly pending: Pending;
  readonly accounting: Accounting;
  readonly counters: Counters;
  readonly latency: Latency;
  readonly life: Life;
  readonly deadLetters: DeadLetters;
  readonly spooling: Spooling | undefined;
  readonly link: { readonly restarts: number; readonly loopTimes: LoopTimes };
}

/** Counts pending messages by walking, so that a message that was counted wrongly shows. */
export function snapshotOf(context: SnapshotContext): Snapshot {
  const { options, clock, queue, accounting, latency, life, spooling, link } = context;
  const pendingBy = context.pending.byPlace();
  const inFlight = pendingBy.leased + pendingBy.deadLetter;
  const queued = pendingBy.queued + pendingBy.onDiskOnly;
  const pending = queued + inFlight;
  return {
    ...accounting.counts,
    unused: accounting.unused,
    ...latency.summary(),
    latency: latency.histogram(),
    ...{ pending, queued, inFlight, pendingBy },
    oldestMs: context.pending.oldestMs(clock),
    queue: { bytes: queue.usedBytes, maxBytes: options.maxBytes },
    spool: spooling?.usage,
    ...eventsOf(context),
    state: life.state,
    connection: life.connection,
    connectionSince: life.connectionSince,
    throttled: life.throttledBy,
    client: life.statistics,
    blockedBy: blockedByOf({ ...context, pending }),
    workerRestarts: link.restarts,
    workerLoop: link.loopTimes,
  };
}

function eventsOf({ accounting, counters }: SnapshotContext): Pick<Stats, 'attempts' | 'resets' | 'deadLetters'> {
  const { failedAttempts: failed, permanentlyFailed, resets, deadLetters } = counters;
  return {
    attempts: { delivered: accounting.counts.delivered, failed, permanentlyFailed },
    resets,
    deadLetters: { ...deadLetters },
  };
}
