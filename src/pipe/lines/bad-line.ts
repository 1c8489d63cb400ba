/** Reports a bad line of input and its location. */

import { formatIssue, OutspoolError } from '../../shared/errors.ts';

/** A location in an input, counted from 1. */
export interface Place {
  /** Name of the input: a file, or a name such as `<stdin>`. */
  readonly file: string;
  readonly line: number;
  /** Column in UTF-16 units, as editors count. */
  readonly column: number;
}

/** A line that cannot become a message. Its error text begins with `file:line:column`. */
export class BadLineError extends OutspoolError {
  override readonly name = 'BadLineError';
  override readonly code = 'ERR_OUTSPOOL_BAD_LINE';
  /** Number of the line, from 1. */
  readonly line: number;
  readonly #at: Place;
  readonly #problem: string;

  constructor(at: Place, message: string, options?: ErrorOptions) {
    super(formatIssue({ ...at, path: '', message }), options);
    this.line = at.line;
    this.#at = at;
    this.#problem = message;
  }

  /** Returns the same error with advice after the problem. */
  advised(advice: string): BadLineError {
    return new BadLineError(this.#at, `${this.#problem} (${advice})`, { cause: this.cause });
  }
}
