/** The library's log lines for a person: `warn  orders: cannot connect (…)`, one line each, on stderr. */

import type { Logger } from '../shared/log/logger.ts';
import { oneLine } from '../shared/util/one-line.ts';
import { say } from './output.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Readonly<Record<string, unknown>>;

export class CommandLog implements Logger {
  readonly #verbose: boolean;
  #muted = false;

  constructor(verbose: boolean) {
    this.#verbose = verbose;
  }

  readonly debug = (fields: Fields, message: string) => this.#write('debug', fields, message);
  readonly info = (fields: Fields, message: string) => this.#write('info', fields, message);
  readonly warn = (fields: Fields, message: string) => this.#write('warn', fields, message);
  readonly error = (fields: Fields, message: string) => this.#write('error', fields, message);

  /** Says nothing while `work` goes on, for its error will say the same in one line; unless everything is wanted. */
  async mutedDuring<T>(work: () => Promise<T>): Promise<T> {
    this.#muted = !this.#verbose;
    try {
      return await work();
    } finally {
      this.#muted = false;
    }
  }

  #write(level: Level, fields: Fields, message: string): void {
    // A source speaks up seldom, and says where it can be reached.
    const least: Level = this.#verbose || fields.source !== undefined ? 'info' : 'warn';
    if (this.#muted || LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    say(`${level.padEnd(5)} ${oneLine(format(fields, message))}`);
  }
}

/** Fields for programs, which say again what a person reads in others. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(['log_type', 'controller', 'payload']);

/** An error stands for itself; other fields need their name. */
function format({ producer, source = producer, err, ...others }: Fields, message: string): string {
  const named = Object.entries(others)
    .filter(([name]) => !FOR_PROGRAMS.has(name))
    .map(([name, value]) => `${name} ${String(value)}`);
  const details = [...(err === undefined ? [] : [String(err)]), ...named].join(', ');
  const text = details === '' ? message : `${message} (${details})`;
  return source === undefined ? text : `${String(source)}: ${text}`;
}
