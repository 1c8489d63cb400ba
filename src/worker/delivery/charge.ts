/** What the oldest record has been through: attempts, resets and their errors. A new head starts with a clean slate. */

import type { FailedAttempt } from '../../shared/protocol.ts';
import { toWire } from '../../shared/wire-error.ts';
import { type RecordRef, sameRecord } from './leased-range.ts';

/** A dead letter keeps this many attempts: an outage of days must not fill the memory. */
const HISTORY = 20;

export class Charge {
  attempts = 0;
  resets = 0;
  readonly ref: RecordRef;
  #history: FailedAttempt[] = [];

  constructor(ref: RecordRef) {
    this.ref = ref;
  }

  isFor(ref: RecordRef | undefined): boolean {
    return ref !== undefined && sameRecord(this.ref, ref);
  }

  /** One more failed attempt. */
  add(error: Error): void {
    this.attempts++;
    this.#history = [...this.#history, failedAttempt(error)].slice(-HISTORY);
  }

  get history(): readonly FailedAttempt[] {
    return this.#history;
  }
}

export const failedAttempt = (error: Error): FailedAttempt => ({ at: Date.now(), error: toWire(error) });
