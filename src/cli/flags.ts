/** Parses the values of flags. */

import { InvalidArgumentError } from 'commander';
import { MAX_SECONDS, parseDuration } from '../config/schema/duration.ts';
import { asError } from '../shared/errors.ts';

/** Name of the standard input or output in the place of a file. */
export const STANDARD = '-';

/** Maximum number of messages, because the embedded cluster keeps this many in each partition. */
const MOST_MESSAGES = 100_000;

export function messageCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_MESSAGES) return count;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MOST_MESSAGES}.`);
}

export function milliseconds(text: string): number {
  const ms = duration(text);
  if (ms > 0 && ms <= MAX_SECONDS * 1000) return ms;
  throw new InvalidArgumentError(`Expected more than nothing and at most ${MAX_SECONDS} s.`);
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(`${asError(error).message}.`);
  }
}

export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected text that is not empty.');
}
