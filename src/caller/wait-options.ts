/** Checks the durations and signals that callers give, because code without types may give any value. */

import { parseDuration } from '../config/schema/duration.ts';
import { ConfigError } from '../shared/errors.ts';
import type { WaitOptions } from '../shared/util/wait.ts';

/** A duration: milliseconds, Infinity, or a text with a unit such as `'30s'`. */
export type DurationInput = number | string;

/** Options of every call that waits. */
export interface CallerWaitOptions {
  /** Longest time to wait. @default 10000 */
  readonly timeout?: DurationInput;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Converts a duration to milliseconds. @throws ConfigError that describes a valid duration */
export function checkedMs(value: DurationInput, name = 'timeout'): number {
  if (typeof value === 'string') return parseDuration(value, name);
  if (typeof value === 'number' && value >= 0) return value;
  const got = typeof value === 'number' ? String(value) : typeof value;
  throw new ConfigError(`${name}: expected milliseconds of at least 0, or a text such as '30s', got ${got}`);
}

/** Durations below this, in ms, are hardly ever meant. The same numbers would be ordinary ones in seconds. */
export const DOUBTFUL_MS = 100;

/** Formats a computed time in ms as a duration. A short one is given its unit, so that `UnitHint` does not warn of it. */
export const exactly = (ms: number): DurationInput =>
  ms < DOUBTFUL_MS ? `${Math.ceil(Math.max(0, ms))}ms` : Math.ceil(ms);

/** Does the same for the timeout of options. */
export const inExactly = ({ timeout, ...rest }: WaitOptions): CallerWaitOptions => ({
  ...rest,
  ...(timeout !== undefined && { timeout: exactly(timeout) }),
});

/** Converts options for the engine. @throws ConfigError that describes valid options */
export function checkedWait({ timeout, signal }: CallerWaitOptions): WaitOptions {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new ConfigError('signal: expected an AbortSignal');
  return {
    ...(timeout !== undefined && { timeout: checkedMs(timeout) }),
    ...(signal !== undefined && { signal }),
  };
}
