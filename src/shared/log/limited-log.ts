/** A log that stays small however long an event repeats. A message is a constant text; its fields have the reason. */

import { type Clock, systemClock } from '../util/clock.ts';
import { A_MINUTE, Repeats } from './log-throttle.ts';
import type { Logger } from './logger.ts';
import type { Rhythm } from './spacing.ts';

type Level = keyof Logger;
type Fields = Readonly<Record<string, unknown>>;
type Write = (level: Level, fields: Fields, message: string) => void;

/** Maximum number of messages with a rhythm of their own. Messages that are not constant after all share one rhythm beyond this. */
const MOST_MESSAGES = 50;
const OTHERS = '';
/** Numbers and ids, which change from line to line and make no new reason. */
const FIGURES = /[0-9a-f-]{16,}|\d+/gi;

const plain = (text: string): string => text.replace(FIGURES, '#');

export class LimitedLog {
  readonly #write: Write;
  readonly #repeats: () => Repeats;
  readonly #messages = new Map<string, Repeats>();

  /** Once `stop` is aborted, repeated lines are written at once. */
  constructor(write: Write, clock: Pick<Clock, 'now'>, stop: AbortSignal, rhythm?: Rhythm) {
    this.#write = write;
    this.#repeats = () => new Repeats(clock, stop, rhythm);
  }

  /** Writes its lines to this log. */
  get logger(): Logger {
    const at = (level: Level) => (fields: Fields, message: string) => this.write(level, fields, message);
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  write(level: Level, fields: Fields, message: string): void {
    const reason = Object.values(fields).filter((value) => typeof value === 'string');
    this.#repeatsOf(plain(message)).say(plain(reason.join(' ')), (more) =>
      this.#write(level, { ...fields, ...more }, message),
    );
  }

  #repeatsOf(message: string): Repeats {
    const key = this.#messages.has(message) || this.#messages.size < MOST_MESSAGES ? message : OTHERS;
    const repeats = this.#messages.get(key) ?? this.#repeats();
    this.#messages.set(key, repeats);
    return repeats;
  }
}

/** Limits the lines that a kind of producer logs of its own accord: one at once for each reason, then one a minute. */
export const fewLines = (logger: Logger): Logger =>
  new LimitedLog((level, ...line) => logger[level](...line), systemClock, NEVER, A_MINUTE).logger;

const NEVER = new AbortController().signal;
