/** The counters of one producer (I1): accepted messages, and messages by final state. */

import { OutspoolError } from '../../shared/errors.ts';
import type { RECORD_STATE } from '../../shared/memory/slot.ts';

/** The final states of a message. */
export type Outcome = Exclude<keyof typeof RECORD_STATE, 'queued' | 'leased' | 'permanentlyFailed' | 'onDiskOnly'>;

/** Number of messages by final state. `spooled` and `recovered` belong to the spool and are 0 without one. */
export type Counts = { accepted: number; recovered: number } & Record<Outcome, number>;

/** Final states of the messages of a producer that was shut down. */
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

  /** Number of recovered messages that turned out never to have existed. `counts.recovered` does not include them. */
  #unused = 0;

  get unused(): number {
    return this.#unused;
  }

  /** Takes back that messages were recovered, because no message ever had their numbers. */
  neverExisted(messages: number): void {
    this.counts.recovered -= messages;
    this.#unused += messages;
  }

  /** Number of accepted and recovered messages that the counters have in no final state. */
  get open(): number {
    const { accepted, recovered, delivered, deadLettered, dropped, expired, undelivered, spooled } = this.counts;
    return accepted + recovered - delivered - deadLettered - dropped - expired - undelivered - spooled;
  }

  /** Returns the final states of all messages, at the end of the producer. */
  outcome(timedOut: boolean): ShutdownOutcome {
    const { delivered, deadLettered, dropped, expired, spooled, undelivered } = this.counts;
    return { delivered, deadLettered, dropped, expired, spooled, undelivered, timedOut };
  }

  /** Compares the counters with the number of pending messages found by walking slots and runs. @throws OutspoolError if they differ */
  verify(pending: number): void {
    if (this.open === pending) return;
    throw new OutspoolError(`unaccounted messages: ${this.open} open by the counters, ${pending} counted`);
  }
}
