/** Exit codes of the command, which error has which code, and the lines that report errors. */

import { BadLineError, type Place } from '../../pipe/lines/bad-line.ts';
import { errorText } from '../../shared/error-text.ts';
import { asError, ConfigError, ConnectError, formatIssue, OutspoolError } from '../../shared/errors.ts';
import { oneLine } from '../../shared/util/one-line.ts';

export const EXIT = { delivered: 0, undelivered: 1, usage: 2, noConnection: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Wrong input to the command: a flag, a name or a file. */
export class UsageError extends OutspoolError {
  override readonly name = 'UsageError';
  override readonly code = 'ERR_OUTSPOOL_USAGE';
  /** Whether the message begins with `file:line:column`. */
  readonly hasPosition: boolean;

  constructor(message: string, options: ErrorOptions & { hasPosition?: boolean } = {}) {
    super(message, options);
    this.hasPosition = options.hasPosition ?? false;
  }
}

/** Returns an error with a location in a file, counted from 1. */
export function wrongAt(at: Place, message: string, options?: ErrorOptions): UsageError {
  return new UsageError(formatIssue({ ...at, path: '', message }), { ...options, hasPosition: true });
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConnectError) return EXIT.noConnection;
  const isInput = error instanceof ConfigError || error instanceof UsageError || error instanceof BadLineError;
  return isInput ? EXIT.usage : EXIT.undelivered;
}

/** Returns the worst of several exit codes, which is what a person must repair first. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  const order = [EXIT.usage, EXIT.noConnection, EXIT.undelivered];
  return order.find((code) => codes.includes(code)) ?? EXIT.delivered;
}

/** Returns one line for each problem, never a stack trace. */
export function errorLines(thrown: unknown): string[] {
  if (thrown instanceof ConfigError)
    return thrown.issues.map((issue) => labelled(formatIssue(issue), issue.file !== undefined));
  const error = asError(thrown);
  const ours = error instanceof OutspoolError;
  const text = ours || error.name === 'Error' ? errorText(error) : `${error.name}: ${errorText(error)}`;
  return [labelled(text, error instanceof BadLineError || (error instanceof UsageError && error.hasPosition))];
}

/** Adds `error:` unless the line begins with a location, where editors expect it. */
const labelled = (text: string, hasPosition: boolean): string => oneLine(hasPosition ? text : `error: ${text}`);
