/** Defines the interface of a source, and how a source counts. */

import type { SourceType } from '../config/sources/schema.ts';
import { MEANING, type Outcome } from './sink.ts';

/**
 * A source. Its methods are called in this order:
 *
 *    open -> run -> stop -> idle -> close
 *
 * `stop` may be called at any time after `open`, and twice. `close` is also called after an `open` that failed.
 */
export interface Source {
  readonly name: string;
  readonly type: SourceType;
  readonly counts: Counts;
  /** Opens what the source needs. @throws ConfigError at the location of the setting that does not work */
  open(): Promise<void>;
  /** Resolves when the input has ended, or the source was stopped and accepts nothing more. @throws the error that ended it */
  run(): Promise<void>;
  /** Stops accepting messages. */
  stop(): void;
  /** Resolves once the outcome of every accepted message is known. */
  idle(): Promise<void>;
  /** Writes the last checkpoint or answers, and releases everything. The producers have ended by then. */
  close(): Promise<void>;
}

export class Counts {
  read = 0;
  /** Lines that are not messages, and messages that no producer takes. */
  bad = 0;
  readonly #outcomes = new Map<Outcome, number>();

  add(outcome: Outcome): void {
    this.#outcomes.set(outcome, this.of(outcome) + 1);
  }

  of(outcome: Outcome): number {
    return this.#outcomes.get(outcome) ?? 0;
  }

  /** Number of messages by outcome, without zeros. */
  get outcomes(): Readonly<Partial<Record<Outcome, number>>> {
    return Object.fromEntries(this.#outcomes);
  }

  /** Messages that a producer has had. */
  get accepted(): number {
    return [...this.#outcomes].reduce((sum, [outcome, count]) => sum + (MEANING[outcome].isAccepted ? count : 0), 0);
  }
}
