/** A logger that keeps its lines, with when they came. */

import type { Logger } from '../../src/shared/log/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly atMs: number;
}

export class LogLines implements Logger {
  readonly lines: LogLine[] = [];
  readonly #begin = performance.now();

  readonly debug = this.#at('debug');
  readonly info = this.#at('info');
  readonly warn = this.#at('warn');
  readonly error = this.#at('error');

  /** The first line that a person sees by default. */
  get first(): LogLine | undefined {
    return this.lines.find(({ level }) => level !== 'debug');
  }

  /** Everything that was ever said. */
  get all(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  #at(level: LogLine['level']) {
    return (fields: Readonly<Record<string, unknown>>, message: string) => {
      this.lines.push({ level, text: `${message} ${JSON.stringify(fields)}`, atMs: performance.now() - this.#begin });
    };
  }
}
