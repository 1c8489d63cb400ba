/** Finds out why a producer delivers no messages. */

import type { BlockedBy } from '../shared/blocked.ts';
import type { DeadLetters } from './dead-letters/dead-letters.ts';
import type { Life } from './producer-state.ts';
import type { Spooling } from './spool/spooling.ts';

/** The parts of a producer that may hold its messages up. */
export interface Standing {
  /** Number of messages that have not settled. */
  readonly pending: number;
  readonly life: Life;
  readonly deadLetters: DeadLetters;
  readonly spooling: Spooling | undefined;
}

/** Returns the reason that comes first on a message's way to the broker, or undefined if messages move or none is pending. */
export function blockedByOf({ pending, life, deadLetters, spooling }: Standing): BlockedBy | undefined {
  if (pending === 0 || !life.is('starting', 'ready', 'draining')) return undefined;
  if (deadLetters.isFull || deadLetters.pending >= pending) return deadLetters.blockedBy;
  const trouble = spooling?.trouble;
  if (trouble !== undefined) return { by: 'spool', until: null, why: trouble };
  return blockedByPeer(life);
}

function blockedByPeer({ throttledBy, isConnected, connection, pausedUntil, lastError }: Life): BlockedBy | undefined {
  if (throttledBy !== undefined) {
    const { broker, reason, since, ms } = throttledBy;
    return { by: 'back-pressure', until: ms === null ? null : since + ms, why: `${broker}: ${reason}` };
  }
  const about = { until: pausedUntil, why: lastError?.message ?? connection };
  if (connection === 'backing_off') return { by: 'back-off', ...about };
  if (!isConnected) return { by: 'connection', ...about };
  // Between two pauses the next attempt is under way, and its result is not known yet.
  return pausedUntil === null && lastError === undefined ? undefined : { by: 'back-off', ...about };
}
