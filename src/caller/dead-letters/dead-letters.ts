/**
 * Passes permanently failed messages to their dead-letter targets, on the application's thread. A message stays pending until its target
 * has accepted it.
 */

import { type BlockedBy, blockedBy } from '../../shared/blocked.ts';
import { errorText } from '../../shared/error-text.ts';
import { ConfigError, QueueFullError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { linked, onAbort } from '../../shared/util/abort.ts';
import type { Clock } from '../../shared/util/clock.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { DeadLetter, Fallback, TargetOfDeadLetters } from './dead-letter.ts';
import { TargetQueue } from './target-queue.ts';

/** From this many pending dead letters on, no new messages are delivered, so that a failing target cannot fill the queue. */
const PENDING_AT_MOST = 100;

const { code: QUEUE_FULL } = new QueueFullError('');

export interface DeadLetterContext {
  /** The target of dead letters that have no fallback. */
  readonly target: TargetOfDeadLetters | undefined;
  readonly fallback?: Fallback | undefined;
  /** Limits the lines that it logs per dead letter. */
  readonly logger: Logger;
  /** Whether each delivery is logged (`log_deliveries`), so that a dead letter needs no line of its own. @default false */
  readonly isEachLogged?: boolean;
  readonly clock: Clock;
  /** Aborted at the end of the producer. */
  readonly stop: AbortSignal;
  /** Undefined where no spans are made. */
  readonly tracing?: Pick<Tracing, 'within'> | undefined;
}

export class DeadLetters {
  readonly #context: DeadLetterContext;
  /** The queues that hold dead letters, by target. */
  readonly #queues = new Map<TargetOfDeadLetters, TargetQueue>();
  #pending = 0;

  constructor(context: DeadLetterContext) {
    this.#context = context;
    onAbort(context.stop, () => {
      for (const queue of this.#queues.values()) queue.end();
    });
  }

  /** Whether the target has fallen so far behind that the producer waits for it. */
  get isFull(): boolean {
    return this.#pending >= PENDING_AT_MOST;
  }

  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Number of dead letters that their target has not accepted. */
  get pending(): number {
    return this.#pending;
  }

  /** Returns why the dead letters wait. */
  get blockedBy(): BlockedBy {
    for (const [target, { failure }] of this.#queues)
      if (failure !== undefined || isQueueFull(target, failure))
        return {
          by: blocker(target, failure),
          until: null,
          why: failure === undefined ? 'its queue is full' : errorText(failure),
        };
    return { by: 'dead-letter target', until: null, why: 'it has not answered' };
  }

  /** Asks failing targets again at once, because a caller waits or because there may be no later chance. */
  hurry(): void {
    for (const queue of this.#queues.values()) queue.wake();
  }

  #targetOf(letter: DeadLetter): TargetOfDeadLetters | undefined {
    const { fallback, target } = this.#context;
    return fallback?.(letter) ?? target;
  }

  /** Resolves with the message's final state, or undefined when the producer ended first. */
  async take(letter: DeadLetter): Promise<'deadLettered' | 'dropped' | undefined> {
    const target = this.#targetOf(letter);
    if (target === undefined) {
      this.#log('error', letter, 'message dropped: it cannot be delivered, and there is no dead-letter target');
      return 'dropped';
    }
    if (!(await this.#deliver(target, letter))) return undefined;
    this.#log('warn', letter, 'message dead-lettered');
    return 'deadLettered';
  }

  #log(level: 'warn' | 'error', { producer, reason, message, attempts }: DeadLetter, text: string): void {
    if (this.#context.isEachLogged) return;
    this.#context.logger[level]({ producer, topic: message.topic, attempts: attempts.length, reason }, text);
  }

  /** Asks the target once, for a message that is left at the end. @throws the target's error, or ConfigError if there is no target */
  async offer(letter: DeadLetter, stop: AbortSignal): Promise<void> {
    const target = this.#targetOf(letter);
    if (target === undefined) throw new ConfigError('there is no dead-letter target');
    await linked([stop], (signal) => this.#traced(target)(letter, signal));
  }

  /** Resolves with true when the target has taken the dead letter, and with false when the producer ended first. */
  async #deliver(target: TargetOfDeadLetters, letter: DeadLetter): Promise<boolean> {
    if (this.#context.stop.aborted) return false;
    const queue = this.#queues.get(target) ?? this.#open(target, letter.producer);
    this.#pending++;
    if (!(await queue.add(letter))) return false;
    this.#pending--;
    if (queue.isEmpty && this.#queues.get(target) === queue) this.#queues.delete(target);
    return true;
  }

  #open(target: TargetOfDeadLetters, producer: string): TargetQueue {
    const { clock, stop } = this.#context;
    const queue = new TargetQueue({
      target: this.#traced(target),
      clock,
      stop,
      failed: (error, letter) => this.#failed(target, error, letter),
      recovered: () => this.#context.logger.info({ producer }, 'the dead-letter target takes letters again'),
    });
    this.#queues.set(target, queue);
    return queue;
  }

  /** Returns the target, called with the trace of each dead letter's message. */
  #traced(target: TargetOfDeadLetters): TargetOfDeadLetters {
    const { tracing } = this.#context;
    if (tracing === undefined) return target;
    const traced: TargetOfDeadLetters = (letter, signal) =>
      tracing.within(letter.message, () => target(letter, signal));
    return Object.assign(traced, { isFull: () => target.isFull?.() === true });
  }

  #failed(target: TargetOfDeadLetters, error: Error, { producer, reason }: DeadLetter): void {
    const fields = { producer, err: errorText(error), reason, waiting: this.#pending };
    this.#context.logger.error({ ...fields, ...blockedBy(blocker(target, error)) }, 'the dead-letter target failed');
  }
}

const isQueueFull = ({ isFull }: TargetOfDeadLetters, failure: Error | undefined): boolean =>
  isFull?.() === true || (Object(failure) as { code?: unknown }).code === QUEUE_FULL;

const blocker = (target: TargetOfDeadLetters, failure: Error | undefined) =>
  isQueueFull(target, failure) ? 'target queue' : 'dead-letter target';
