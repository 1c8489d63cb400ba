/** The reasons why a producer's messages are held up, as `stats()` and the log name them. */

/**
 * - connection: there is none.
 * - back-off: a pause before the next attempt.
 * - dead-letter target: it does not take the permanently failed messages.
 * - target queue: the queue of the producer that takes dead letters, or is a fallback on a route, is full.
 * - back-pressure: the broker asks to be sent nothing.
 * - spool: it cannot be written.
 */
export type Blocker = 'connection' | 'back-off' | 'dead-letter target' | 'target queue' | 'back-pressure' | 'spool';

/** Describes what holds the messages of a producer up. */
export interface BlockedBy {
  readonly by: Blocker;
  /** When the next try is due, in ms since 1970; null where that depends on the other side. */
  readonly until: number | null;
  /** The text of the error, or the reason that the broker has given. */
  readonly why: string;
}

/** The field of a log line that names what holds messages up. */
export const blockedBy = (by: Blocker): { readonly blockedBy: Blocker } => ({ blockedBy: by });
