/** Counts the failed attempts and resets of the oldest unsettled record, and keeps their errors. A new oldest record starts from zero. */

import type { FailedAttempt } from '../../shared/protocol.ts';
import { toWire } from '../../shared/wire-error.ts';
import { type RecordRef, sameRecord } from './leased-range.ts';

/** Maximum number of failed attempts that a dead letter keeps. Without a limit, an outage of days would fill the memory. */
const HISTORY = 20;

export class AttemptCount {
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

  /** Counts one more failed attempt. */
  add(error: Error): void {
    this.attempts++;
    this.#history = [...this.#history, failedAttempt(error)].slice(-HISTORY);
  }

  get history(): readonly FailedAttempt[] {
    return this.#history;
  }
}

export const failedAttempt = (error: Error): FailedAttempt => ({ at: Date.now(), error: toWire(error) });
