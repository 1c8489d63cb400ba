/** Every error that outspool throws or reports. All share one base class with a stable `code`. */

/** Base of all outspool errors. `code` is stable across releases; `retriable` tells whether a retry can help. */
export class OutspoolError extends Error {
  override readonly name: string = 'OutspoolError';
  readonly code: string = 'ERR_OUTSPOOL';
  readonly retriable: boolean = false;
}

const OUR_CODES = 'ERR_OUTSPOOL';

/** Whether an error is an outspool error. Decides by its code, because it may come from another copy of this module. */
export const isOurs = (error: Error): boolean => String((error as { code?: unknown }).code).startsWith(OUR_CODES);

/** One mistake in a configuration; `line` and `column` count from 1. */
export interface ConfigIssue {
  readonly path: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

const location = (issue: ConfigIssue): string =>
  issue.file === undefined ? '' : `${issue.file}:${issue.line ?? 1}:${issue.column ?? 1}`;

/** Formats an issue as one line: `file:line:column  path  message`. */
export function formatIssue(issue: ConfigIssue): string {
  return [location(issue), issue.path, issue.message].filter((part) => part !== '').join('  ');
}

/** The configuration is wrong. `issues` lists every mistake; the message has one line for each. */
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

/** The queue is full and its `when_full` policy does not make room; the message was not accepted. */
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

/** A connection could not be made. That counts as a failed attempt of the connection, never of a message. */
export class ConnectError extends OutspoolError {
  override readonly name = 'ConnectError';
  override readonly code = 'ERR_OUTSPOOL_CONNECT';
  override readonly retriable = true;
}

/** Another producer has taken over this one's transactional id, so this one ends. Each would fence the other for ever. */
export class ProducerFencedError extends OutspoolError {
  override readonly name = 'ProducerFencedError';
  override readonly code = 'ERR_OUTSPOOL_PRODUCER_FENCED';
}

/** The reader of the output has closed it for good, so the producer ends. */
export class OutputClosedError extends OutspoolError {
  override readonly name = 'OutputClosedError';
  override readonly code = 'ERR_OUTSPOOL_OUTPUT_CLOSED';
}

/** The outcome of the message whose `send` or `publish` failed. */
export type PublishOutcome = 'withdrawn' | 'unknown' | 'dead_lettered' | 'dropped' | 'undelivered' | 'spooled';

/** `send` or `publish` failed. `cause` holds the reason, `outcome` the outcome of the message. */
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
 * The caller's timeout ran out.
 *
 * - `withdrawn`: the message will not be sent.
 * - `spooled`: the message is on disk and has not been attempted.
 * - `unknown`: the message was leased to the worker and settles later.
 */
export class DeliveryTimeoutError extends PublishError {
  override readonly name = 'DeliveryTimeoutError';
  override readonly code = 'ERR_OUTSPOOL_DELIVERY_TIMEOUT';
  override readonly retriable = true;
}

/** The message fits no route, or there are several producers and no routes to choose between them; it was not accepted. */
export class UnroutedError extends OutspoolError {
  override readonly name = 'UnroutedError';
  override readonly code = 'ERR_OUTSPOOL_UNROUTED';
}

/** The outcome of a message at one target of its route. `error` holds the reason where it was not accepted or not delivered. */
export interface TargetOutcome {
  readonly producer: string;
  readonly outcome: 'accepted' | 'delivered' | 'refused' | PublishOutcome;
  readonly error?: Error;
  /** Name of the producer that accepted the message after this one abandoned it; whether that one delivers it is not known yet. */
  readonly fallback?: string;
}

/** A message for several producers, or for one with fallbacks, was not delivered by all of them. `targets` has each outcome. */
export class RouteError extends PublishError {
  override readonly name = 'RouteError';
  override readonly code = 'ERR_OUTSPOOL_ROUTE';
  readonly targets: readonly TargetOutcome[];

  constructor(message: string, outcome: PublishOutcome, targets: readonly TargetOutcome[], options?: ErrorOptions) {
    super(message, outcome, options);
    this.targets = targets;
  }
}

/** What has permanently failed: this message itself, or some message of the set that it was sent with. */
export type Condemned = 'message' | 'set';

/** The message can never be sent, however often it is tried. It is dead-lettered after one attempt. */
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
 * Sending failed for a reason that may pass; the message is retried. `retryAfterMs` is the pause in ms that the other side has
 * asked for. The producer waits at most `backoff_seconds` of it.
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

/** The durable queue cannot be used as it is: another format, no permission, no space for its own files. */
export class SpoolError extends OutspoolError {
  override readonly name: string = 'SpoolError';
  override readonly code: string = 'ERR_OUTSPOOL_SPOOL';
}

/** The spool has reached its maximum size in bytes; nothing was written. Space is freed as messages settle. */
export class SpoolFullError extends SpoolError {
  override readonly name = 'SpoolFullError';
  override readonly code = 'ERR_OUTSPOOL_SPOOL_FULL';
  override readonly retriable = true;
}

/** The system refused to write or to sync: `systemCode` gives the reason (ENOSPC, EROFS, EIO). Earlier content is unchanged. */
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

/** Another producer, in this process or another one, has locked the spool's directory. */
export class SpoolLockedError extends SpoolError {
  override readonly name = 'SpoolLockedError';
  override readonly code = 'ERR_OUTSPOOL_SPOOL_LOCKED';
}

/** `shutdown` reached its deadline before all messages had settled. */
export class ShutdownTimeoutError extends OutspoolError {
  override readonly name = 'ShutdownTimeoutError';
  override readonly code = 'ERR_OUTSPOOL_SHUTDOWN_TIMEOUT';
}

/** Returns the value as an Error. Code may throw anything. */
export function asError(thrown: unknown): Error {
  try {
    // Read here, because the class of an error may be the caller's and its getters may throw. Its texts must be readable where it
    // is logged.
    if (thrown instanceof Error && typeof thrown.message === 'string' && typeof thrown.name === 'string') return thrown;
    return new Error(String(thrown));
  } catch {
    return new Error('something that has no text was thrown'); // an object without a prototype, for instance
  }
}
