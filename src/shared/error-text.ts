/** The message of an error as logs, dead letters and other errors report it. */

import { asError, isOurs } from './errors.ts';
import { codeLocation } from './modules/code-location.ts';

/** Maximum depth of causes in a text. A cause may be its own ancestor. */
const MAX_CAUSES = 5;
/** Maximum number of an error's causes in a text. An AggregateError may hold thousands. */
const MAX_TOGETHER = 3;

/**
 * The message, followed by the messages of the causes that it does not contain: `fetch failed: connect ECONNREFUSED 127.0.0.1:9999`.
 * A bug in the user's code is followed by its location: `x is not defined (my-producer.js:7:23)`.
 * Errors of outspool already explain their causes, so their message is returned unchanged. Never throws.
 */
export function errorText(thrown: unknown): string {
  const error = asError(thrown);
  return orElse(() => withCauses(error, 0), error.message);
}

function withCauses(error: Error, depth: number): string {
  const { message } = error;
  if (isOurs(error) || depth >= MAX_CAUSES) return message;
  const why = causesOf(error).map((cause) => withCauses(cause, depth + 1));
  const unsaid = [...new Set(why)].filter((text) => !message.includes(text)).slice(0, MAX_TOGETHER);
  return located([message, unsaid.join('; ')].filter((text) => text !== '').join(': '), error);
}

/** Adds the location of a bug, which the text of an error from another thread has already. */
function located(text: string, error: Error): string {
  const location = codeLocation(error);
  return location === undefined || text.endsWith(` (${location})`) ? text : `${text} (${location})`;
}

/** The text of `errorText`, with only the first line of the message. */
export function errorLine(thrown: unknown): string {
  const error = asError(thrown);
  const [line = ''] = errorText(error).split('\n', 1);
  return orElse(() => located(line, error), line);
}

/** Returns `otherwise` where `text` throws, because the getters of a foreign class may. */
function orElse(text: () => string, otherwise: string): string {
  try {
    return text();
  } catch {
    return otherwise;
  }
}

/** Returns only causes that are errors. Anything else may be data of the caller, secrets included. */
function causesOf(error: Error): Error[] {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const list = cause === undefined && error.name === 'AggregateError' && Array.isArray(errors) ? errors : [cause];
  return list.filter((one): one is Error => one instanceof Error && typeof one.message === 'string');
}
