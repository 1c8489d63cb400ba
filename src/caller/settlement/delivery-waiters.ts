/** Callers that wait for the final state of one message (`send`, `publish`). */

import { DeliveryTimeoutError, PublishError, type PublishOutcome } from '../../shared/errors.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import { NumberedWaits } from './numbered-waiters.ts';
import type { DeliveryReport } from './report.ts';

interface Context {
  /** Takes the message back if it has not been leased. Returns whether it did. */
  withdraw(sequence: number): boolean;
  /** Whether the message is on disk and no attempt at it can have been made. */
  waitsOnDisk(sequence: number): boolean;
  /** Returns why no message is being delivered, if that is known. */
  lastError(): Error | undefined;
}

interface DeliveryWaitOptions extends WaitOptions {
  /** The timeout in ms that the caller gave; `timeout` is the part of it that remains. */
  readonly askedMs: number;
}

export class DeliveryWaits {
  readonly #context: Context;
  readonly #waits = new NumberedWaits<DeliveryReport, DeliveryWaitOptions>(({ about, options }, reason) => {
    throw reason === 'aborted' ? this.#aborted(about, options) : this.#timedOut(about, options.askedMs);
  });

  constructor(context: Context) {
    this.#context = context;
  }

  get size(): number {
    return this.#waits.size;
  }

  has(sequence: number): boolean {
    return this.#waits.has(sequence);
  }

  /** Waits for message `sequence`. @throws PublishError, DeliveryTimeoutError */
  for(sequence: number, options: DeliveryWaitOptions): Promise<DeliveryReport> {
    return this.#waits.until(sequence, options);
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
    if (this.#context.withdraw(sequence)) return 'withdrawn';
    return this.#context.waitsOnDisk(sequence) ? 'spooled' : 'unknown';
  }

  /** Rejects the waits for a run of messages of which no report can come any more. Without a run, rejects all waits. */
  end(outcome: PublishOutcome, run: NumberRun = [-Infinity, Infinity], cause?: Error): void {
    for (const wait of this.#waits.takeRun(run)) wait.reject(() => failure(outcome, cause));
  }

  delivered(sequence: number, report: DeliveryReport): void {
    this.#waits.take(sequence)?.resolve(report);
  }

  failed(sequence: number, outcome: PublishOutcome, cause?: Error): void {
    this.#waits.take(sequence)?.reject(() => failure(outcome, cause));
  }
}

/** Describes how a wait ended that neither timed out nor was aborted. What is unknown then is the report on a delivered message. */
function failure(outcome: PublishOutcome, cause: Error | undefined): PublishError {
  const meaning = outcome === 'unknown' ? 'the message was delivered, but there is no report on it' : MEANING[outcome];
  const why = cause ? `: ${cause.message}` : '';
  return new PublishError(`${meaning}${why}`, outcome, { cause });
}

const MEANING: Readonly<Record<PublishOutcome, string>> = {
  withdrawn: 'the message was withdrawn and will not be sent',
  unknown: 'the message had been passed to the client and may still be delivered',
  dead_lettered: 'the message was dead-lettered',
  dropped: 'the message was dropped',
  spooled: 'the message is in the spool, and will be sent from there',
  undelivered: 'the producer ended before the message was delivered',
};
