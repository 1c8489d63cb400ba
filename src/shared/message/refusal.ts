/** Refuses messages with a text that explains the reason, whatever the caller has passed. */

import { asError, InvalidMessageError } from '../errors.ts';
import { isWellFormed } from './well-formed.ts';

export const invalid = (message: string, cause?: unknown): InvalidMessageError =>
  new InvalidMessageError(message, cause === undefined ? {} : { cause });

/** Makes the error for a message whose reading failed in code of the caller (a getter, `toJSON`). Its error is the cause. */
export const unreadable = (what: string, thrown: unknown): InvalidMessageError =>
  thrown instanceof InvalidMessageError ? thrown : invalid(`${what}: ${textOf(thrown)}`, thrown);

function textOf(thrown: unknown): string {
  try {
    return String(asError(thrown).message);
  } catch {
    return 'an error without a text was thrown';
  }
}

/** Describes a wrong value without showing it. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return classNameOf(value) ?? typeof value;
}

/** Returns the name of a value's class. The field is the caller's, so it may have any type, and may throw. */
function classNameOf(value: unknown): string | undefined {
  try {
    const name: unknown = value?.constructor?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the text, if UTF-8 can encode it. @throws InvalidMessageError */
export function encodable(text: string, field: string): string {
  if (isWellFormed(text)) return text;
  throw invalid(`${field}: expected a text without lone surrogates, which UTF-8 cannot encode`);
}
