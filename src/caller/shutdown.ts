/** Ends a producer in order: last pass, close, join, keep the rest. Each step has its share of the deadline. */

import { asError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { deferred } from '../shared/util/deferred.ts';
import { LONGEST_TIMER_MS } from '../shared/util/wait.ts';
import { Notifier } from '../worker/delivery/notifier.ts';
import type { DeadLetters } from './dead-letters/dead-letters.ts';
import type { Remains } from './dead-letters/leftovers.ts';
import type { WorkerLink } from './link/worker-link.ts';
import type { ShutdownOutcome } from './settlement/accounting.ts';

/** Share of the time that is kept for closing the connection and the spool, and its upper limit in ms. */
const CLOSE_SHARE = 0.2;
const CLOSE_AT_MOST_MS = 1000;
/** Share of the time that is kept for dead-lettering the messages that are left, if they are, and its upper limit in ms. */
const KEEP_SHARE = 0.3;
const KEEP_AT_MOST_MS = 3000;
/** Longest wait in ms for the end of the thread. After that the thread is left to end by itself. */
const JOIN_TIMEOUT_MS = 200;

export interface ClosingContext {
  readonly link: WorkerLink;
  readonly logger: Logger;
  /** The producer's name. */
  readonly producer: string;
  readonly deadLetters: Pick<DeadLetters, 'isBusy'>;
  readonly remains: Pick<Remains, 'areGivenAway' | 'giveAway'>;
}

export class Closing {
  readonly #context: ClosingContext;
  readonly #progress = new Notifier();

  constructor(context: ClosingContext) {
    this.#context = context;
  }

  /** Messages have settled while the producer was draining. */
  progressed(): void {
    this.#progress.notify();
  }

  /** Returns whether the deadline came first. Each step runs whatever the result of the others, and none throws. */
  async run(timeoutMs: number): Promise<boolean> {
    const { link, remains } = this.#context;
    if (!link.isStarted) return false;
    const end = performance.now() + timeoutMs;
    const closeMs = Math.min(timeoutMs * CLOSE_SHARE, CLOSE_AT_MOST_MS);
    const keepMs = remains.areGivenAway ? Math.min(timeoutMs * KEEP_SHARE, KEEP_AT_MOST_MS) : 0;
    const joinMs = Math.min(JOIN_TIMEOUT_MS, closeMs / 2);
    const leftMs = () => end - keepMs - performance.now();
    const inTime = await this.#lastPass(timeoutMs - closeMs - keepMs, () => leftMs() - joinMs);
    // The next owner of the spool must not meet this worker there, so the worker is told to end before the deadline.
    const spoolMs = Math.min(CLOSE_AT_MOST_MS, leftMs() - joinMs);
    await this.#step('the spool was not closed', spoolMs, (ms) => link.closeSpool(ms));
    const stopMs = Math.max(joinMs, Math.min(JOIN_TIMEOUT_MS, leftMs()));
    await this.#step('the worker did not end', stopMs, () => link.stop());
    if (remains.areGivenAway) {
      const keep = (ms: number) => remains.giveAway(ms);
      await this.#step('what was left was not kept', Math.max(0, end - performance.now()), keep);
    }
    return !inTime;
  }

  /** Returns whether everything was delivered within `ms`. Otherwise the connection is closed in the time that is `left` then. */
  async #lastPass(ms: number, left: () => number): Promise<boolean> {
    const { link, deadLetters } = this.#context;
    const drained = async () => {
      link.drain();
      await link.loopClosed;
    };
    const aborted = async () => {
      link.abort();
      await link.loopClosed;
    };
    if (await this.#step('the last pass failed', ms, drained))
      return !deadLetters.isBusy || this.#within(this.#lettersTaken(), left());
    await this.#step('the worker could not be told to give up', left(), aborted);
    return false;
  }

  /** Resolves when no dead letter is pending. Other messages may be left, which no worker delivers any more. */
  async #lettersTaken(): Promise<void> {
    while (this.#context.deadLetters.isBusy) await this.#progress.wait();
  }

  /** Runs a step for at most `ms`. Returns whether it was done. An error that it throws is logged. */
  async #step(failed: string, ms: number, act: (ms: number) => Promise<void>): Promise<boolean> {
    const { logger, producer } = this.#context;
    try {
      return await this.#within(act(ms), ms);
    } catch (error) {
      logger.error({ producer, err: asError(error).message }, failed);
      return false;
    }
  }

  async #within(work: Promise<void>, ms: number): Promise<boolean> {
    const late = deferred<boolean>();
    const timer = ms < LONGEST_TIMER_MS ? setTimeout(() => late.resolve(false), Math.max(0, ms)) : undefined;
    try {
      return await Promise.race([work.then(() => true), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Logs the final states of all messages, as an error where messages were lost. */
export function logShutdown(logger: Logger, producer: string, outcome: ShutdownOutcome): void {
  if (outcome.undelivered === 0) logger.info({ producer, ...outcome }, 'the producer was shut down');
  else logger.error({ producer, ...outcome }, 'the producer was shut down before all messages were delivered');
}
