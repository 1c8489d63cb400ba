/** Callers that wait until their message is on disk (`enqueue` with a spool). */

import { PublishError, QueueFullError, SpoolFullError } from '../../shared/errors.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import { NumberedWaits } from '../settlement/numbered-waiters.ts';

export interface StoredWaitsContext {
  /** Takes the message back if the worker does not have it. */
  withdraw(sequence: number): boolean;
}

export class StoredWaits {
  readonly #context: StoredWaitsContext;
  readonly #waits = new NumberedWaits<void>(({ about, options }, reason) => {
    throw this.#gaveUp(about, reason === 'aborted' ? 'the wait was aborted' : this.#late(), options);
  });
  /** Why it takes so long. */
  #trouble: Error | undefined;

  constructor(context: StoredWaitsContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#waits.size === 0;
  }

  /** Waits for message `sequence`. @throws PublishError at the deadline, when aborted, or when it cannot be written */
  until(sequence: number, options: WaitOptions): Promise<void> {
    return this.#waits.until(sequence, options);
  }

  #late(): string {
    return `not on disk in time${this.#trouble === undefined ? '' : `: ${this.#trouble.message}`}`;
  }

  /** Writing is tried again: whoever waits goes on waiting. */
  delayed(error: Error): void {
    this.#trouble = error;
  }

  #gaveUp(sequence: number, what: string, { signal }: WaitOptions): PublishError {
    const withdrawn = this.#context.withdraw(sequence);
    const meaning = withdrawn ? 'the message was withdrawn' : 'the message was accepted, and may be on disk later';
    return new PublishError(`${what}; ${meaning}`, withdrawn ? 'withdrawn' : 'unknown', { cause: signal?.reason });
  }

  /** Everything below `before` is on disk. */
  stored(before: number): void {
    this.#waits.settleBelow(before, (wait) => {
      this.#trouble = undefined;
      wait.resolve();
    });
  }

  /** A message that a caller waits for has been dropped for a newer one. */
  gone(sequence: number): void {
    this.#waits
      .take(sequence)
      ?.reject(() => new PublishError('the queue is full: the message was dropped before it was on disk', 'dropped'));
  }

  /** Messages of these runs cannot be written: their callers hear of it, and the messages are taken back. */
  failed(error: Error, affected: Iterable<NumberRun> = [[-Infinity, Infinity]]): void {
    for (const run of affected)
      for (const wait of this.#waits.takeRun(run)) {
        const withdrawn = this.#context.withdraw(wait.about);
        wait.reject(() => refusal(error, withdrawn));
      }
  }
}

/** A full spool refuses as a full queue does; anything else of the disk is an error of its own. */
const refusal = (error: Error, withdrawn: boolean): Error =>
  error instanceof SpoolFullError && withdrawn
    ? new QueueFullError(error.message, { cause: error })
    : new PublishError(`the message could not be written: ${error.message}`, withdrawn ? 'withdrawn' : 'unknown', {
        cause: error,
      });
