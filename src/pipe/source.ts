/** What a pipeline needs of each source, and how a source counts. */

import type { SourceType } from '../config/sources/schema.ts';
import { MEANING, type Outcome } from './sink.ts';

/**
 * The life of a source: `open`, `run`, `stop`, `idle`, `close`, in this order. `stop` may come at any time after `open`, and
 * twice; `close` also after an `open` that failed.
 */
export interface Source {
  readonly name: string;
  readonly type: SourceType;
  readonly counts: Counts;
  /** Takes hold of what it needs. @throws ConfigError at the place of the setting that does not work */
  open(): Promise<void>;
  /** Resolves when the input has ended, or the source was stopped and takes nothing more. @throws what ended it instead */
  run(): Promise<void>;
  /** Takes nothing more. */
  stop(): void;
  /** Resolves once it is known what became of everything that it took. */
  idle(): Promise<void>;
  /** Says its last word and lets go of everything; the producers have ended. */
  close(): Promise<void>;
}

/** Of one source, up to now. */
export class Counts {
  /** Messages that were taken from the input. */
  read = 0;
  /** Lines that are no message, and messages that no producer takes. */
  bad = 0;
  readonly #outcomes = new Map<Outcome, number>();

  add(outcome: Outcome): void {
    this.#outcomes.set(outcome, this.of(outcome) + 1);
  }

  of(outcome: Outcome): number {
    return this.#outcomes.get(outcome) ?? 0;
  }

  /** Only what has happened. */
  get outcomes(): Readonly<Partial<Record<Outcome, number>>> {
    return Object.fromEntries(this.#outcomes);
  }

  /** Messages that a producer has had. */
  get accepted(): number {
    return [...this.#outcomes].reduce((sum, [outcome, count]) => sum + (MEANING[outcome].isAccepted ? count : 0), 0);
  }
}
