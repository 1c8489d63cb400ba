/** Errors as plain data. Structured clone loses class, name and code, so errors cross between threads in this form. */

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

/** An error between threads. It has everything that a reader needs and nothing that cannot be cloned. */
export interface WireError {
  readonly name: string;
  /** The text of `errorText`, which includes the messages of the causes. */
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly condemns?: Condemned;
  /** Properties that a kind has added to one of our errors, such as the code of its native client. */
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

/** Causes deeper than this are cut. A cause may be its own ancestor. */
const MAX_CAUSES = 5;

const codeOf = (error: Error): { code?: string | number } => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? { code } : {};
};

/** Keys that have fields of their own in the wire form, or that the class sets itself. */
const OWN: ReadonlySet<string> = new Set([...Object.keys(new PermanentSendError('')), 'message', 'stack', 'cause']);

/**
 * The additional fields of two of our classes. Decides by name and code and not by class, because a second copy of the package has
 * another class. An application's class may extend ours and fill these fields with anything, so only known parts are copied.
 */
function ownPartsOf(error: Error): Pick<WireError, 'condemns' | 'issues'> {
  if (!isOurs(error)) return {};
  const { condemns, issues } = error as { condemns?: unknown; issues?: unknown };
  return {
    ...((condemns === 'message' || condemns === 'set') && { condemns }),
    ...(error.name === 'ConfigError' && Array.isArray(issues) && { issues: issues.map(issueOf) }),
  };
}

function issueOf(issue: unknown): ConfigIssue {
  const { path, message, file, line, column } = Object(issue) as Readonly<Record<string, unknown>>;
  return {
    path: String(path),
    message: String(message),
    ...(typeof file === 'string' && { file }),
    ...(typeof line === 'number' && { line }),
    ...(typeof column === 'number' && { column }),
  };
}

/** Returns details of our own errors only. A foreign error may carry anything, secrets included (I9). */
function detailsOf(error: Error): Pick<WireError, 'details'> {
  if (!isOurs(error)) return {};
  const added = Object.entries(error).filter(([key, value]) => !OWN.has(key) && PLAIN.has(typeof value));
  return added.length > 0 ? { details: Object.fromEntries(added) } : {};
}

const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

/** Converts anything thrown to the wire form. Never throws, although the class of an error, and so its getters, may be the caller's. */
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

/** Restores an error of the class that was thrown. A class that is not ours becomes an Error with its name and code. */
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
