/** Refuses messages, in words that say what is wrong whatever the caller has given. */

import { asError, InvalidMessageError } from '../errors.ts';
import { isWellFormed } from './well-formed.ts';

export const invalid = (message: string, cause?: unknown): InvalidMessageError =>
  new InvalidMessageError(message, cause === undefined ? {} : { cause });

/** Code of the caller (a getter, an iterator, `toJSON`) has thrown while the message was read: its error is the cause. */
export const unreadable = (what: string, thrown: unknown): InvalidMessageError =>
  thrown instanceof InvalidMessageError ? thrown : invalid(`${what}: ${textOf(thrown)}`, thrown);

function textOf(thrown: unknown): string {
  try {
    return String(asError(thrown).message);
  } catch {
    return 'an error without a text was thrown';
  }
}

/** Names what was given in the place of something else, without showing it. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return classNameOf(value) ?? typeof value;
}

/** A field of the caller's, which may have any type, and may throw. */
function classNameOf(value: unknown): string | undefined {
  try {
    const name: unknown = value?.constructor?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The text, if it has bytes of its own. @throws InvalidMessageError */
export function encodable(text: string, field: string): string {
  if (isWellFormed(text)) return text;
  throw invalid(`${field}: expected a text without lone surrogates, which UTF-8 cannot encode`);
}
