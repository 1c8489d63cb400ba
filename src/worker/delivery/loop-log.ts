/**
 * Log lines of the delivery loop: failures, what the messages wait for, and recovery. Repeated lines are limited, however long
 * a failure lasts.
 */

import { type Blocker, blockedBy } from '../../shared/blocked.ts';
import { errorText } from '../../shared/error-text.ts';
import { LimitedLog } from '../../shared/log/limited-log.ts';
import { A_MINUTE } from '../../shared/log/log-throttle.ts';
import type { Clock } from '../../shared/util/clock.ts';
import type { DeliveryEvents } from './events.ts';

const OVER = { connection: 'connected again', 'back-off': 'messages are delivered again' } as const;

type Trouble = keyof typeof OVER;

export class LoopLog {
  readonly #clock: Clock;
  readonly #log: LimitedLog;
  /** Failures that were logged and are not over, with the clock's time in ms at which each began. */
  readonly #since = new Map<Trouble, number>();
  #saidCut = false;

  /** Once `stop` is aborted, suppressed lines are not logged any more, and nothing waits for them. */
  constructor(events: DeliveryEvents, clock: Clock, stop: AbortSignal) {
    this.#clock = clock;
    this.#log = new LimitedLog((...line) => events.log(...line), clock, stop, A_MINUTE);
  }

  get write(): DeliveryEvents['log'] {
    return (...line) => this.#log.write(...line);
  }

  cannotConnect(error: Error): void {
    this.#failed('connection', error, 'cannot connect');
  }

  noConnection(error: Error, attempts: number, backoffMs: number): void {
    const text = `no connection after ${attempts} attempts; next try in ${backoffMs / 1000} s`;
    this.#write('error', 'connection', error, text);
  }

  attemptFailed(error: Error, attempt: number): void {
    this.#failed('back-off', error, `attempt ${attempt} failed`);
  }

  reset(error: Error, resets: number, attempts: number, backoffMs: number): void {
    const text = `reset ${resets} after ${attempts} failed attempts; next try in ${backoffMs / 1000} s`;
    this.#write('warn', 'back-off', error, text);
  }

  /**
   * Logs that the server asks for a longer wait than the back-off allows. It would ask again with every answer, so this is
   * logged once.
   */
  cutWait(askedMs: number, backoffMs: number): void {
    if (this.#saidCut || askedMs <= backoffMs) return;
    this.#saidCut = true;
    const fields = { askedSeconds: askedMs / 1000, backoffSeconds: backoffMs / 1000 };
    this.write('warn', fields, 'the server asks for a longer wait than backoff_seconds, which is waited instead');
  }

  /** Logs that a failure is over, and how long it lasted. */
  works(trouble: Trouble): void {
    const since = this.#since.get(trouble);
    if (since === undefined) return;
    this.#since.delete(trouble);
    this.write('info', { seconds: Math.round(this.#clock.now() - since) / 1000 }, OVER[trouble]);
  }

  #failed(trouble: Trouble, error: Error, text: string): void {
    if (!this.#since.has(trouble)) this.#since.set(trouble, this.#clock.now());
    this.#write('warn', trouble, error, text);
  }

  #write(level: 'warn' | 'error', blocker: Blocker, error: Error, text: string): void {
    this.write(level, { err: `${error.name}: ${errorText(error)}`, ...blockedBy(blocker) }, text);
  }
}
