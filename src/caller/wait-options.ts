/** What callers say about their waits, checked: code without types says anything. */

import { parseDuration } from '../config/schema/duration.ts';
import { ConfigError } from '../shared/errors.ts';
import type { WaitOptions } from '../shared/util/wait.ts';

/** A duration: milliseconds, Infinity, or a text with a unit such as `'30s'`. */
export type DurationInput = number | string;

/** Options of everything that a caller waits for. */
export interface CallerWaitOptions {
  /** How long to wait. @default 10000 */
  readonly timeout?: DurationInput;
  /** Gives the wait up when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Milliseconds of a duration. @throws ConfigError that says what would be right */
export function checkedMs(value: DurationInput, name = 'timeout'): number {
  if (typeof value === 'string') return parseDuration(value);
  if (typeof value === 'number' && value >= 0) return value;
  const got = typeof value === 'number' ? String(value) : typeof value;
  throw new ConfigError(`${name}: expected milliseconds of at least 0, or a text such as '30s', got ${got}`);
}

/** Shorter waits are hardly ever meant, and would be ordinary ones in seconds. */
export const DOUBTFUL_MS = 100;

/** A time in ms that is computed, which was never meant in seconds: a short one says its unit. */
export const exactly = (ms: number): DurationInput =>
  ms < DOUBTFUL_MS ? `${Math.ceil(Math.max(0, ms))}ms` : Math.ceil(ms);

/** The same, for options. */
export const inExactly = ({ timeout, ...rest }: WaitOptions): CallerWaitOptions => ({
  ...rest,
  ...(timeout !== undefined && { timeout: exactly(timeout) }),
});

/** The options as the engine takes them. @throws ConfigError that says what would be right */
export function checkedWait({ timeout, signal }: CallerWaitOptions): WaitOptions {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new ConfigError('signal: expected an AbortSignal');
  return {
    ...(timeout !== undefined && { timeout: checkedMs(timeout) }),
    ...(signal !== undefined && { signal }),
  };
}
