/** Prints the library's log lines for a person on stderr, one line each: `warn  orders: cannot connect (…)`. */

import type { Logger } from '../shared/log/logger.ts';
import { oneLine } from '../shared/util/one-line.ts';
import { say } from './output.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Readonly<Record<string, unknown>>;

export interface CommandLogOptions {
  /** Whether the command itself prints a line about each message that was not delivered. @default false */
  readonly reportsEach?: boolean;
}

export class CommandLog implements Logger {
  readonly #verbose: boolean;
  readonly #reportsEach: boolean;
  #muted = false;

  constructor(verbose: boolean, { reportsEach = false }: CommandLogOptions = {}) {
    this.#verbose = verbose;
    this.#reportsEach = reportsEach;
  }

  readonly debug = (fields: Fields, message: string) => this.#write('debug', fields, message);
  readonly info = (fields: Fields, message: string) => this.#write('info', fields, message);
  readonly warn = (fields: Fields, message: string) => this.#write('warn', fields, message);
  readonly error = (fields: Fields, message: string) => this.#write('error', fields, message);

  /** Logs nothing while `work` runs, because its error reports the same. With `--verbose` everything is logged. */
  async mutedDuring<T>(work: () => Promise<T>): Promise<T> {
    this.#muted = !this.#verbose;
    try {
      return await work();
    } finally {
      this.#muted = false;
    }
  }

  #write(level: Level, fields: Fields, message: string): void {
    // Sources log seldom, and report their address at level info.
    const least: Level = this.#verbose || fields.source !== undefined ? 'info' : 'warn';
    if (this.#muted || LEVELS.indexOf(level) < LEVELS.indexOf(least) || this.#isReported(fields)) return;
    say(`${level.padEnd(5)} ${oneLine(format(fields, message))}`);
  }

  /** Whether the command prints the same in words of its own. Every command prints the counts of a shutdown. */
  #isReported(fields: Fields): boolean {
    if (this.#verbose) return false;
    return (
      fields.undelivered !== undefined || (this.#reportsEach && ABOUT_ONE.some((name) => Object.hasOwn(fields, name)))
    );
  }
}

/** Fields that only lines about the outcome of one message have: those of `send`, and those of a dead letter. */
const ABOUT_ONE = ['log_type', 'attempts'];

/** Fields for programs, which repeat what other fields tell a person. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(['log_type', 'controller', 'payload']);

/** Formats one line. An error is printed without its field's name; other fields have theirs. */
function format({ producer, source = producer, err, ...others }: Fields, message: string): string {
  const named = Object.entries(others)
    .filter(([name]) => !FOR_PROGRAMS.has(name))
    .map(([name, value]) => `${name} ${String(value)}`);
  const details = [...(err === undefined ? [] : [String(err)]), ...named].join(', ');
  const text = details === '' ? message : `${message} (${details})`;
  return source === undefined ? text : `${String(source)}: ${text}`;
}
