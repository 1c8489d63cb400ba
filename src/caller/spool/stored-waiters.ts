/** Callers that wait until their message is on disk (`enqueue` with a spool). */

import { PublishError, QueueFullError, SpoolFullError } from '../../shared/errors.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import { NumberedWaits } from '../settlement/numbered-waiters.ts';

export interface StoredWaitsContext {
  /** Takes the message back if the worker does not have it. Returns whether it did. */
  withdraw(sequence: number): boolean;
}

export class StoredWaits {
  readonly #context: StoredWaitsContext;
  readonly #waits = new NumberedWaits<void>(({ about, options }, reason) => {
    throw this.#gaveUp(about, reason === 'aborted' ? 'the wait was aborted' : this.#late(), options);
  });
  /** Why the write is delayed, if that is known. */
  #trouble: Error | undefined;

  constructor(context: StoredWaitsContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#waits.size === 0;
  }

  /** Waits for message `sequence`. @throws PublishError at the deadline, when aborted, or if the message cannot be written */
  until(sequence: number, options: WaitOptions): Promise<void> {
    return this.#waits.until(sequence, options);
  }

  #late(): string {
    return `not on disk in time${this.#trouble === undefined ? '' : `: ${this.#trouble.message}`}`;
  }

  /** Keeps the reason of a delay. The callers continue to wait, because the write is retried. */
  delayed(error: Error): void {
    this.#trouble = error;
  }

  #gaveUp(sequence: number, what: string, { signal }: WaitOptions): PublishError {
    const withdrawn = this.#context.withdraw(sequence);
    const meaning = withdrawn ? 'the message was withdrawn' : 'the message was accepted, and may be on disk later';
    return new PublishError(`${what}; ${meaning}`, withdrawn ? 'withdrawn' : 'unknown', { cause: signal?.reason });
  }

  /** Resolves the waits for messages below `before`, which are on disk. */
  stored(before: number): void {
    this.#waits.settleBelow(before, (wait) => {
      this.#trouble = undefined;
      wait.resolve();
    });
  }

  /** Rejects the wait for a message that was dropped for a newer one. */
  gone(sequence: number): void {
    this.#waits
      .take(sequence)
      ?.reject(() => new PublishError('the queue is full: the message was dropped before it was on disk', 'dropped'));
  }

  /** Withdraws the messages of these runs that have a wait, because they cannot be written, and rejects their callers. */
  failed(error: Error, affected: Iterable<NumberRun> = [[-Infinity, Infinity]]): void {
    for (const run of affected)
      for (const wait of this.#waits.takeRun(run)) {
        const withdrawn = this.#context.withdraw(wait.about);
        wait.reject(() => refusal(error, withdrawn));
      }
  }
}

/** Returns the caller's error: that of a full queue if the spool is full, else an error about the disk. */
const refusal = (error: Error, withdrawn: boolean): Error =>
  error instanceof SpoolFullError && withdrawn
    ? new QueueFullError(error.message, { cause: error })
    : new PublishError(`the message could not be written: ${error.message}`, withdrawn ? 'withdrawn' : 'unknown', {
        cause: error,
      });
