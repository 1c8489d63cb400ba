/** Errors as plain data: structured clone loses class, name and code, so errors cross the thread in this form. */

import { errorText } from './error-text.ts';
import {
  asError,
  type Condemned,
  ConfigError,
  type ConfigIssue,
  ConnectError,
  InvalidMessageError,
  isOurs,
  OutputClosedError,
  OutspoolError,
  PermanentSendError,
  ProducerClosedError,
  ProducerFencedError,
  SpoolError,
  SpoolFullError,
  SpoolLockedError,
  SpoolWriteError,
  TransientSendError,
  WorkerCrashedError,
} from './errors.ts';

/** An error between threads: everything that a reader needs and nothing that cannot be cloned. */
export interface WireError {
  readonly name: string;
  /** With what the message of the error leaves out, as in `errorText`. */
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly condemns?: Condemned;
  /** What a kind has added to one of our errors: the code of its native client, for instance. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly issues?: readonly ConfigIssue[];
  readonly cause?: WireError;
}

type Revive = (wire: WireError, options: ErrorOptions) => Error;

const REVIVERS: Readonly<Record<string, Revive>> = {
  ConfigError: (wire, options) => new ConfigError(wire.issues ?? wire.message, options),
  ConnectError: (wire, options) => new ConnectError(wire.message, options),
  InvalidMessageError: (wire, options) => new InvalidMessageError(wire.message, options),
  OutputClosedError: (wire, options) => new OutputClosedError(wire.message, options),
  OutspoolError: (wire, options) => new OutspoolError(wire.message, options),
  PermanentSendError: (wire, options) =>
    new PermanentSendError(wire.message, { ...options, ...(wire.condemns && { condemns: wire.condemns }) }),
  ProducerClosedError: (wire, options) => new ProducerClosedError(wire.message, options),
  ProducerFencedError: (wire, options) => new ProducerFencedError(wire.message, options),
  SpoolError: (wire, options) => new SpoolError(wire.message, options),
  SpoolFullError: (wire, options) => new SpoolFullError(wire.message, options),
  SpoolLockedError: (wire, options) => new SpoolLockedError(wire.message, options),
  SpoolWriteError: (wire, options) => new SpoolWriteError(wire.message, String(wire.details?.systemCode), options),
  TransientSendError: (wire, options) => new TransientSendError(wire.message, options),
  WorkerCrashedError: (wire, options) => new WorkerCrashedError(wire.message, options),
};

/** Causes deeper than this are cut: a cause may be its own ancestor. */
const MAX_CAUSES = 5;

const codeOf = (error: Error): { code?: string | number } => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? { code } : {};
};

/** These have a place of their own, or are the class's. */
const OWN: ReadonlySet<string> = new Set([...Object.keys(new PermanentSendError('')), 'message', 'stack', 'cause']);

/** What some of our classes have of their own. By the code and not by the class, of which a second copy of the package has another one. */
function ownPartsOf(error: Error): Pick<WireError, 'condemns' | 'issues'> {
  if (!isOurs(error)) return {};
  const { condemns, issues } = error as { condemns?: Condemned; issues?: readonly ConfigIssue[] };
  return { ...(typeof condemns === 'string' && { condemns }), ...(Array.isArray(issues) && { issues }) };
}

/** Of our errors alone: nobody knows what a foreign one carries, and it may be a secret (I9). */
function detailsOf(error: Error): Pick<WireError, 'details'> {
  if (!isOurs(error)) return {};
  const added = Object.entries(error).filter(([key, value]) => !OWN.has(key) && PLAIN.has(typeof value));
  return added.length > 0 ? { details: Object.fromEntries(added) } : {};
}

const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

/** The wire form of anything thrown. Never throws: the class of an error may be the caller's, and so are its getters. */
export function toWire(thrown: unknown, depth = 0): WireError {
  const error = asError(thrown);
  try {
    return wireOf(error, depth);
  } catch {
    return { name: 'Error', message: 'an error that cannot be read was thrown' };
  }
}

function wireOf(error: Error, depth: number): WireError {
  return {
    name: error.name,
    message: errorText(error),
    ...codeOf(error),
    ...(typeof error.stack === 'string' && { stack: error.stack }),
    ...ownPartsOf(error),
    ...detailsOf(error),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: toWire(error.cause, depth + 1) }),
  };
}

/** An error of the class that was thrown; of a class that is not ours, an Error with its name and code. */
export function fromWire(wire: WireError): Error {
  const options: ErrorOptions = wire.cause === undefined ? {} : { cause: fromWire(wire.cause) };
  const revive = Object.hasOwn(REVIVERS, wire.name) ? REVIVERS[wire.name] : undefined;
  const error = revive?.(wire, options) ?? foreign(wire, options);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return Object.assign(error, wire.details);
}

function foreign(wire: WireError, options: ErrorOptions): Error {
  const error = new Error(wire.message, options);
  error.name = wire.name;
  return wire.code === undefined ? error : Object.assign(error, { code: wire.code });
}
