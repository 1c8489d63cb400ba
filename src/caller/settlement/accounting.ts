/** The books of one producer (I1): what was accepted, and what became of it. */

import { OutspoolError } from '../../shared/errors.ts';
import type { RECORD_STATE } from '../../shared/memory/slot.ts';

/** The final states of a message. */
export type Outcome = Exclude<keyof typeof RECORD_STATE, 'queued' | 'leased' | 'condemned' | 'spilled'>;

/** Messages by what became of them; `spooled` and `recovered` belong to the spool and are 0 without one. */
export type Counts = { accepted: number; recovered: number } & Record<Outcome, number>;

/** What became of the messages of a producer that was shut down. */
export interface ShutdownOutcome {
  readonly delivered: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly expired: number;
  readonly spooled: number;
  readonly undelivered: number;
  /** Whether the deadline came first. */
  readonly timedOut: boolean;
}

export class Accounting {
  readonly counts: Counts = {
    accepted: 0,
    recovered: 0,
    delivered: 0,
    deadLettered: 0,
    dropped: 0,
    expired: 0,
    undelivered: 0,
    spooled: 0,
  };

  /** How many messages of what came in are in none of the final states, by the books. */
  get open(): number {
    const { accepted, recovered, delivered, deadLettered, dropped, expired, undelivered, spooled } = this.counts;
    return accepted + recovered - delivered - deadLettered - dropped - expired - undelivered - spooled;
  }

  /** What became of all of them, at the end. */
  outcome(timedOut: boolean): ShutdownOutcome {
    const { delivered, deadLettered, dropped, expired, spooled, undelivered } = this.counts;
    return { delivered, deadLettered, dropped, expired, spooled, undelivered, timedOut };
  }

  /** Holds the books against what was counted by walking. @throws OutspoolError when they differ */
  verify(pending: number): void {
    if (this.open === pending) return;
    throw new OutspoolError(`unaccounted messages: ${this.open} open by the books, ${pending} counted`);
  }
}
