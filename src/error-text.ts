/** The message of an error as logs, dead letters and other errors report it. */

import { asError, isOurs } from './errors.ts';

/** Causes deeper than this are left out: a cause may be its own ancestor. */
const MAX_CAUSES = 5;
/** An AggregateError may hold thousands of errors. */
const MAX_TOGETHER = 3;

/**
 * The message, followed by the messages of the causes that it does not contain: `fetch failed: connect ECONNREFUSED 127.0.0.1:9999`.
 * Errors of outspool already explain their causes, so their message is returned unchanged. Never throws.
 */
export function errorText(thrown: unknown): string {
  const error = asError(thrown);
  try {
    return withCauses(error, 0);
  } catch {
    return error.message; // the getters of a foreign class may throw
  }
}

function withCauses(error: Error, depth: number): string {
  const { message } = error;
  if (isOurs(error) || depth >= MAX_CAUSES) return message;
  const why = causesOf(error).map((cause) => withCauses(cause, depth + 1));
  const unsaid = [...new Set(why)].filter((text) => !message.includes(text)).slice(0, MAX_TOGETHER);
  return [message, unsaid.join('; ')].filter((text) => text !== '').join(': ');
}

/** A cause that is no error may be any data of the caller's, secrets included. */
function causesOf(error: Error): Error[] {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const list = cause === undefined && error.name === 'AggregateError' && Array.isArray(errors) ? errors : [cause];
  return list.filter((one): one is Error => one instanceof Error && typeof one.message === 'string');
}
