/** Counters of what happens to a producer, in addition to those of its messages by final state (settlement/accounting). */

import type { ReasonClass } from './dead-letters/dead-letter.ts';

export class Counters {
  /** Rounds of attempts that ended with a transient error. A round may hold many messages. */
  failedAttempts = 0;
  /** Messages that permanently failed. */
  permanentlyFailed = 0;
  /** Times that the connection was closed and made again. */
  resets = 0;
  /** Messages that permanently failed and have settled, by the reason. */
  readonly deadLetters: Record<ReasonClass, number> = { permanent: 0, suspect: 0, crash: 0, shutdown: 0 };
}
