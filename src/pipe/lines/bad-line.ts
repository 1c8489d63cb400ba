/** What is wrong with a line of input, and where. */

import { formatIssue, OutspoolError } from '../../shared/errors.ts';

/** A place in an input, counted from 1. */
export interface Place {
  /** What the input is called: a file, or a name such as `<stdin>`. */
  readonly file: string;
  readonly line: number;
  /** In UTF-16 units, as editors count. */
  readonly column: number;
}

/** A line is not what it should be; the message begins with `file:line:column`. No message was made of it. */
export class BadLineError extends OutspoolError {
  override readonly name = 'BadLineError';
  override readonly code = 'ERR_OUTSPOOL_BAD_LINE';
  /** The number of the line, from 1. */
  readonly line: number;
  readonly #at: Place;
  readonly #problem: string;

  constructor(at: Place, message: string, options?: ErrorOptions) {
    super(formatIssue({ ...at, path: '', message }), options);
    this.line = at.line;
    this.#at = at;
    this.#problem = message;
  }

  /** The same error with advice after what is wrong. */
  advised(advice: string): BadLineError {
    return new BadLineError(this.#at, `${this.#problem} (${advice})`, { cause: this.cause });
  }
}
