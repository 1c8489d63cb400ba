/** Checks the options of the handler that an application mounts in its own server. */

import { assertNames } from '../caller/known-options.ts';
import { ConfigError } from '../shared/errors.ts';
import { describe } from '../shared/message/refusal.ts';
import type { HandlerOptions } from './handler.ts';

/** The path of a URL without a slash at its end. */
const PATH = /^(?:\/[\w.~-]+)*$/;

/** @throws ConfigError with what is wrong, in one line */
export function assertHandlerOptions(options: HandlerOptions): void {
  assertNames(options, 'operationsHandler', ['token', 'path']);
  const { token, path = '' } = options;
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)))
    throw new ConfigError('operationsHandler: token: expected a text without spaces that is not empty');
  if (typeof path !== 'string' || !PATH.test(path))
    throw new ConfigError(`operationsHandler: path: expected a path such as /operations, got ${describe(path)}`);
}
