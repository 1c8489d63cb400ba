/** Callers that wait for the fate of one message (`send`, `publish`). */

import { DeliveryTimeoutError, PublishError, type PublishOutcome } from '../errors.ts';
import type { NumberRun } from '../number-runs.ts';
import type { DeliveryReport } from './report.ts';
import { type Wait, type WaitOptions, wait } from './waiting.ts';

interface Context {
  /** Takes the message back if it has not been leased. */
  withdraw(sequence: number): boolean;
  /** Why nothing is being delivered, if that is known. */
  lastError(): Error | undefined;
}

export class DeliveryWaits {
  readonly #context: Context;
  readonly #waits = new Map<number, Wait<DeliveryReport>>();

  constructor(context: Context) {
    this.#context = context;
  }

  get size(): number {
    return this.#waits.size;
  }

  has(sequence: number): boolean {
    return this.#waits.has(sequence);
  }

  /** Waits for message `sequence`; `askedMs` is the deadline that the caller gave. @throws PublishError, DeliveryTimeoutError */
  for(sequence: number, options: WaitOptions, askedMs: number): Promise<DeliveryReport> {
    const created = wait<DeliveryReport>(options, (reason) => {
      this.#waits.delete(sequence);
      return reason === 'aborted' ? this.#aborted(sequence, options) : this.#timedOut(sequence, askedMs);
    });
    if (!created.settled()) this.#waits.set(sequence, created);
    return created.promise;
  }

  #aborted(sequence: number, { signal }: WaitOptions): Error {
    const outcome = this.#outcome(sequence);
    return new PublishError(`the wait was aborted; ${MEANING[outcome]}`, outcome, { cause: signal?.reason });
  }

  #timedOut(sequence: number, askedMs: number): Error {
    const outcome = this.#outcome(sequence);
    const cause = this.#context.lastError();
    const why = cause ? ` (${cause.message})` : '';
    return new DeliveryTimeoutError(`not acknowledged within ${askedMs} ms${why}; ${MEANING[outcome]}`, outcome, {
      cause,
    });
  }

  #outcome(sequence: number): PublishOutcome {
    return this.#context.withdraw(sequence) ? 'withdrawn' : 'unknown';
  }

  /** Nobody will say what becomes of these; of all of them, where no run is given. */
  end(outcome: PublishOutcome, [first, last]: NumberRun = [-Infinity, Infinity], cause?: Error): void {
    for (const sequence of [...this.#waits.keys()])
      if (sequence >= first && sequence <= last) this.failed(sequence, outcome, cause);
  }

  delivered(sequence: number, report: DeliveryReport): void {
    this.#take(sequence)?.resolve(report);
  }

  failed(sequence: number, outcome: PublishOutcome, cause?: Error): void {
    const why = cause ? `: ${cause.message}` : '';
    this.#take(sequence)?.reject(new PublishError(`${MEANING[outcome]}${why}`, outcome, { cause }));
  }

  #take(sequence: number): Wait<DeliveryReport> | undefined {
    const found = this.#waits.get(sequence);
    this.#waits.delete(sequence);
    return found;
  }
}

const MEANING: Readonly<Record<PublishOutcome, string>> = {
  withdrawn: 'the message was withdrawn and will not be sent',
  unknown: 'the message had been handed over and may still be delivered',
  dead_lettered: 'the message was dead-lettered',
  dropped: 'the message was dropped',
  spooled: 'the message is in the spool, and goes when the producer is started again',
  undelivered: 'the producer ended before the message was delivered',
};
