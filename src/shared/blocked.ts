/** Why nothing moves, as `stats()` and the log name it. */

/**
 * connection: there is none · back-off: a pause before the next attempt · dead-letter target: it does not take what was given up ·
 * target queue: the queue of the producer that takes dead letters, or stands in on a route, is full · back-pressure: the broker asks
 * to be sent nothing · spool: it cannot be written.
 */
export type Blocker = 'connection' | 'back-off' | 'dead-letter target' | 'target queue' | 'back-pressure' | 'spool';

/** What holds the messages of a producer up. */
export interface BlockedBy {
  readonly by: Blocker;
  /** When it is tried again, in ms since 1970; null where that depends on the other side. */
  readonly until: number | null;
  /** The error, or what the broker has said. */
  readonly why: string;
}

/** The field of a log line that names what holds messages up. */
export const blockedBy = (by: Blocker): { readonly blockedBy: Blocker } => ({ blockedBy: by });
