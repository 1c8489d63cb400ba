/** Every error that outspool throws or reports: one base with a stable `code`, and the form in which errors cross threads. */

/** Base of all outspool errors. `code` is stable across releases; `retriable` says whether trying again can help. */
export class OutspoolError extends Error {
  override readonly name: string = 'OutspoolError';
  readonly code: string = 'ERR_OUTSPOOL';
  readonly retriable: boolean = false;
}

const OUR_CODES = 'ERR_OUTSPOOL';

/** Whether an error is one of these, by its code: it may come from another copy of this module. */
export const isOurs = (error: Error): boolean => String((error as { code?: unknown }).code).startsWith(OUR_CODES);

/** One thing that is wrong in a configuration; `line` and `column` count from 1. */
export interface ConfigIssue {
  readonly path: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

const location = (issue: ConfigIssue): string =>
  issue.file === undefined ? '' : `${issue.file}:${issue.line ?? 1}:${issue.column ?? 1}`;

/** One line for one issue: `file:line:column  path  what is wrong`. */
export function formatIssue(issue: ConfigIssue): string {
  return [location(issue), issue.path, issue.message].filter((part) => part !== '').join('  ');
}

/** The configuration is wrong; `issues` holds everything that is, the message one line for each. */
export class ConfigError extends OutspoolError {
  override readonly name = 'ConfigError';
  override readonly code = 'ERR_OUTSPOOL_CONFIG';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[] | string, options?: ErrorOptions) {
    const list = typeof issues === 'string' ? [{ path: '', message: issues }] : issues;
    super(list.map(formatIssue).join('\n'), options);
    this.issues = list;
  }
}

/** The message cannot be encoded or addressed; it was not accepted. */
export class InvalidMessageError extends OutspoolError {
  override readonly name = 'InvalidMessageError';
  override readonly code = 'ERR_OUTSPOOL_INVALID_MESSAGE';
}

/** The queue is at its bound and the policy does not make room; the message was not accepted. */
export class QueueFullError extends OutspoolError {
  override readonly name = 'QueueFullError';
  override readonly code = 'ERR_OUTSPOOL_QUEUE_FULL';
  override readonly retriable = true;
}

/** The producer is draining, closed or failed; the message was not accepted. */
export class ProducerClosedError extends OutspoolError {
  override readonly name = 'ProducerClosedError';
  override readonly code = 'ERR_OUTSPOOL_PRODUCER_CLOSED';
}

/** A connection could not be made. Charged to the connection, never to a message. */
export class ConnectError extends OutspoolError {
  override readonly name = 'ConnectError';
  override readonly code = 'ERR_OUTSPOOL_CONNECT';
  override readonly retriable = true;
}

/** Another producer has taken this one's transactional id over. Going on would take it back, and so for ever: it ends. */
export class ProducerFencedError extends OutspoolError {
  override readonly name = 'ProducerFencedError';
  override readonly code = 'ERR_OUTSPOOL_PRODUCER_FENCED';
}

/** Nobody reads the output any more, and nobody ever will: the producer ends. */
export class OutputClosedError extends OutspoolError {
  override readonly name = 'OutputClosedError';
  override readonly code = 'ERR_OUTSPOOL_OUTPUT_CLOSED';
}

/** What became of the message behind a failed `send` or `publish`. */
export type PublishOutcome = 'withdrawn' | 'unknown' | 'dead_lettered' | 'dropped' | 'undelivered' | 'spooled';

/** `send` or `publish` failed; `cause` holds why, `outcome` what became of the message. */
export class PublishError extends OutspoolError {
  override readonly name: string = 'PublishError';
  override readonly code: string = 'ERR_OUTSPOOL_PUBLISH';
  readonly outcome: PublishOutcome;

  constructor(message: string, outcome: PublishOutcome, options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/**
 * The caller's timeout ran out. `withdrawn`: it will not be sent; `spooled`: it is on disk, and has not been attempted; `unknown`: it was
 * leased and settles later.
 */
export class DeliveryTimeoutError extends PublishError {
  override readonly name = 'DeliveryTimeoutError';
  override readonly code = 'ERR_OUTSPOOL_DELIVERY_TIMEOUT';
  override readonly retriable = true;
}

/** The message fits no route, or there are none to choose between several producers; it was not accepted. */
export class UnroutedError extends OutspoolError {
  override readonly name = 'UnroutedError';
  override readonly code = 'ERR_OUTSPOOL_UNROUTED';
}

/** What became of a message at one target of its route; `error` says why, where it was not taken or not delivered. */
export interface TargetOutcome {
  readonly producer: string;
  readonly outcome: 'accepted' | 'delivered' | 'refused' | PublishOutcome;
  readonly error?: Error;
  /** Which producer has taken it, after this one gave it up; whether that delivers it is not known yet. */
  readonly fallback?: string;
}

/** A message for several producers, or for one with fallbacks, has not fared well with all of them; `targets` has each. */
export class RouteError extends PublishError {
  override readonly name = 'RouteError';
  override readonly code = 'ERR_OUTSPOOL_ROUTE';
  readonly targets: readonly TargetOutcome[];

  constructor(message: string, outcome: PublishOutcome, targets: readonly TargetOutcome[], options?: ErrorOptions) {
    super(message, outcome, options);
    this.targets = targets;
  }
}

/** What a permanent error condemns: this message on its own, or somewhere in the whole set that it was sent with. */
export type Condemned = 'message' | 'set';

/** Sending this message cannot succeed however often it is tried; it is dead-lettered after one attempt. */
export class PermanentSendError extends OutspoolError {
  override readonly name = 'PermanentSendError';
  override readonly code = 'ERR_OUTSPOOL_PERMANENT_SEND';
  readonly condemns: Condemned;

  constructor(message: string, options: ErrorOptions & { condemns?: Condemned } = {}) {
    super(message, options);
    this.condemns = options.condemns ?? 'message';
  }
}

/**
 * Sending failed for a reason that may pass; it is tried again. `retryAfterMs`: not before so many milliseconds, where the
 * other side has asked for it; it is waited for as long as `backoff_seconds` at most.
 */
export class TransientSendError extends OutspoolError {
  override readonly name = 'TransientSendError';
  override readonly code = 'ERR_OUTSPOOL_TRANSIENT_SEND';
  override readonly retriable = true;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The worker thread ended without being asked to. */
export class WorkerCrashedError extends OutspoolError {
  override readonly name = 'WorkerCrashedError';
  override readonly code = 'ERR_OUTSPOOL_WORKER_CRASHED';
  override readonly retriable = true;
}

/** The durable queue cannot be used as it is: another format, no permission, no room for its own files. */
export class SpoolError extends OutspoolError {
  override readonly name: string = 'SpoolError';
  override readonly code: string = 'ERR_OUTSPOOL_SPOOL';
}

/** The spool is at its bound in bytes; nothing was written. Room comes back as messages settle. */
export class SpoolFullError extends SpoolError {
  override readonly name = 'SpoolFullError';
  override readonly code = 'ERR_OUTSPOOL_SPOOL_FULL';
  override readonly retriable = true;
}

/** The system refused to write or to sync: `systemCode` says why (ENOSPC, EROFS, EIO). What was there before is as it was. */
export class SpoolWriteError extends SpoolError {
  override readonly name = 'SpoolWriteError';
  override readonly code = 'ERR_OUTSPOOL_SPOOL_WRITE';
  override readonly retriable = true;
  readonly systemCode: string;

  constructor(message: string, systemCode: string, options?: ErrorOptions) {
    super(message, options);
    this.systemCode = systemCode;
  }
}

/** Another producer, here or in another process, has the spool's directory. */
export class SpoolLockedError extends SpoolError {
  override readonly name = 'SpoolLockedError';
  override readonly code = 'ERR_OUTSPOOL_SPOOL_LOCKED';
}

/** `shutdown` reached its deadline with messages left. */
export class ShutdownTimeoutError extends OutspoolError {
  override readonly name = 'ShutdownTimeoutError';
  override readonly code = 'ERR_OUTSPOOL_SHUTDOWN_TIMEOUT';
}

/** The value as an Error: what was thrown need not be one. */
export function asError(thrown: unknown): Error {
  try {
    // Looked at here, because the class of an error may be the caller's: its texts must be readable where it is logged.
    if (thrown instanceof Error && typeof thrown.message === 'string' && typeof thrown.name === 'string') return thrown;
    return new Error(String(thrown));
  } catch {
    return new Error('something that has no text was thrown'); // an object without a prototype, for instance
  }
}
