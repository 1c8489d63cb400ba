/** Callers that wait until their message is on disk (`enqueue` with a spool). */

import { PublishError, QueueFullError, SpoolFullError } from '../errors.ts';
import { type Wait, type WaitOptions, wait } from './waiting.ts';

interface StoredWait {
  readonly sequence: number;
  readonly wait: Wait<void>;
}

export interface StoredWaitsContext {
  /** Takes the message back if the worker does not have it. */
  withdraw(sequence: number): boolean;
}

export class StoredWaits {
  readonly #context: StoredWaitsContext;
  #waits: StoredWait[] = [];
  /** Why it takes so long. */
  #trouble: Error | undefined;

  constructor(context: StoredWaitsContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#waits.length === 0;
  }

  /** Waits for message `sequence`. @throws PublishError at the deadline, when aborted, or when it cannot be written */
  until(sequence: number, options: WaitOptions): Promise<void> {
    const created = wait<void>(options, (reason) => {
      this.#waits = this.#waits.filter((other) => other.wait !== created);
      return this.#gaveUp(sequence, reason === 'aborted' ? 'the wait was aborted' : this.#late(), options);
    });
    if (!created.settled()) this.#waits.push({ sequence, wait: created });
    return created.promise;
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
    const done = this.#waits.filter(({ sequence }) => sequence < before);
    if (done.length > 0) this.#trouble = undefined;
    this.#waits = this.#waits.filter(({ sequence }) => sequence >= before);
    for (const { wait } of done) wait.resolve();
  }

  /** A message that somebody waits for has been dropped for a newer one. */
  gone(sequence: number): void {
    const index = this.#waits.findIndex((other) => other.sequence === sequence);
    if (index < 0) return;
    const [dropped] = this.#waits.splice(index, 1);
    dropped?.wait.reject(
      new PublishError('the queue is full: the message was dropped before it was on disk', 'dropped'),
    );
  }

  /** Messages that `affected` names cannot be written: whoever waits hears of it, and its message is taken back. */
  failed(error: Error, affected: (sequence: number) => boolean = () => true): void {
    const failing = this.#waits.filter(({ sequence }) => affected(sequence));
    this.#waits = this.#waits.filter(({ sequence }) => !affected(sequence));
    for (const { sequence, wait } of failing) {
      wait.reject(refusal(error, this.#context.withdraw(sequence)));
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
