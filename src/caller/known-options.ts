/** Checks the options of calls. A call accepts only an object with names it knows, because a misspelt name would be ignored silently. */

import { shown } from '../config/report/redact.ts';
import { ConfigError } from '../shared/errors.ts';
import { assertMessage } from '../shared/message/message-fields.ts';
import { didYouMean } from '../shared/util/did-you-mean.ts';

const WAIT = ['timeout', 'signal'] as const;

/** Names of the options of each call. */
export const OPTIONS = {
  produce: ['isError'],
  enqueue: ['isError', ...WAIT],
  send: ['isError', ...WAIT],
  publish: ['key', 'headers', 'partition', 'timestamp', ...WAIT],
  waitForRoom: WAIT,
  flush: ['signal'],
  start: WAIT,
  check: ['topic', 'roundTrip', ...WAIT],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Call = keyof typeof OPTIONS;

/**
 * `message` is the argument in front of the options. If it is no message, it is reported first, because then the options are most
 * likely something else as well.
 * @throws ConfigError if it is no object of options, or has a value for an option that the call does not know; InvalidMessageError
 */
export function assertKnown(options: object, call: Call, message?: unknown): void {
  try {
    assertNames(options, call, OPTIONS[call]);
  } catch (error) {
    if (typeof message === 'string') assertMessage(message);
    throw error;
  }
}

/** Checks options against the given names. */
export function assertNames(options: object, call: string, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof AbortSignal)
    throw new ConfigError(`${call}: expected an object such as { ${known[0]} } for its options, got ${given(options)}`);
  // A `for … in` makes no list of keys, which matters because this runs for every message.
  for (const key in options)
    if (!known.includes(key) && Object.hasOwn(options, key) && (options as Record<string, unknown>)[key] !== undefined)
      throw new ConfigError(`${call}: unknown option '${key}'${didYouMean(key, known)}, expected ${known.join(', ')}`);
}

const given = (options: unknown): string => (options instanceof AbortSignal ? 'an AbortSignal' : shown(options));
