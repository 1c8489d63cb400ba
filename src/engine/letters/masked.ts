/** Letters go to files and topics that others read: what a configuration keeps secret must not be in their errors (I9). */

import { plain } from '../../config/findings.ts';
import { withoutUserInfo } from '../../config/shown.ts';
import type { WireError } from '../../wire-error.ts';
import type { DeadLetterTarget } from '../dead-letter.ts';

type Clean = (text: string) => string;

/** The target, given letters whose texts hold no secret of the configuration. */
export function masked(target: DeadLetterTarget, config: unknown): DeadLetterTarget {
  const display = plain(config);
  const clean: Clean = (text) => withoutUserInfo(display.mask(text));
  return (letter, signal) => {
    const attempts = letter.attempts.map(({ at, error }) => ({ at, error: cleaned(error, clean) }));
    return target({ ...letter, reason: clean(letter.reason), attempts }, signal);
  };
}

function cleaned({ message, stack, details, cause, ...rest }: WireError, clean: Clean): WireError {
  const words = Object.entries(details ?? {}).map(([key, value]) => [
    key,
    typeof value === 'string' ? clean(value) : value,
  ]);
  return {
    ...rest,
    message: clean(message),
    ...(stack !== undefined && { stack: clean(stack) }),
    ...(details && { details: Object.fromEntries(words) }),
    ...(cause && { cause: cleaned(cause, clean) }),
  };
}
