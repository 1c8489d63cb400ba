/** Takes condemned messages to whoever takes dead letters; they stay pending until that has accepted them. */

import { linked } from '../abort.ts';
import type { Clock } from '../clock.ts';
import { asError, ConfigError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { DeadLetter, DeadLetterTarget, Fallback } from './dead-letter.ts';
import { Repeats } from './repeats.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** With more than this many on the way, nothing new is delivered: a failing target must not eat the queue. */
const PENDING_AT_MOST = 100;

export interface DeadLetterContext {
  /** For letters that have no fallback. */
  readonly target: DeadLetterTarget | undefined;
  readonly fallback?: Fallback | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborted at the end of the producer. */
  readonly stop: AbortSignal;
}

export class DeadLetters {
  readonly #context: DeadLetterContext;
  readonly #repeats: Repeats;
  #pending = 0;
  #pause = new AbortController();

  constructor(context: DeadLetterContext) {
    this.#context = context;
    this.#repeats = new Repeats(context.clock, context.stop);
  }

  /** Whether the target has fallen so far behind that the producer waits for it. */
  get isFull(): boolean {
    return this.#pending >= PENDING_AT_MOST;
  }

  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Asks a failing target again at once: there may not be another time. */
  hurry(): void {
    this.#pause.abort();
    this.#pause = new AbortController();
  }

  #targetOf(letter: DeadLetter): DeadLetterTarget | undefined {
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
    const outcome = await this.#deliver(target, letter);
    if (outcome === 'deadLettered') this.#log('warn', letter, 'message dead-lettered');
    return outcome;
  }

  /** A topic that is gone condemns every message for it: one line a second, not one each. */
  #log(level: 'warn' | 'error', { producer, reason, message, attempts }: DeadLetter, text: string): void {
    const fields = { producer, topic: message.topic, attempts: attempts.length, reason };
    this.#repeats.say(`${message.topic} ${reason}`, (more) => {
      this.#context.logger[level]({ ...fields, ...more }, text);
    });
  }

  /** Asks the target once, for what is left at the end. @throws what the target throws; when there is none */
  async offer(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    const target = this.#targetOf(letter);
    if (target === undefined) throw new ConfigError('there is no dead-letter target');
    await ask(target, letter, signal);
  }

  async #deliver(target: DeadLetterTarget, letter: DeadLetter): Promise<'deadLettered' | undefined> {
    const { clock, logger, stop } = this.#context;
    this.#pending++;
    let pause = FIRST_PAUSE_MS;
    while (!stop.aborted) {
      const hurried = this.#pause.signal; // taken before the call: a hurry during it counts for the pause that follows
      try {
        await ask(target, letter, stop);
        this.#pending--;
        return 'deadLettered';
      } catch (error) {
        const { producer, reason } = letter;
        const fields = { producer, err: asError(error).message, reason };
        this.#repeats.say(`target ${fields.err}`, (more) => {
          logger.error({ ...fields, ...more }, 'the dead-letter target failed');
        });
        await linked([stop, hurried], (signal) => clock.sleep(pause, signal));
        pause = hurried.aborted ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
    return undefined;
  }
}

/** The target gets a signal of its own: what it leaves there goes with it. */
const ask = (target: DeadLetterTarget, letter: DeadLetter, stop: AbortSignal): Promise<unknown> =>
  linked([stop], (signal) => target(letter, signal));
