/** Decides which errors are transient and which are permanent. An error that is not known to be permanent is transient. */

import { type Condemned, ConfigError, OutputClosedError, PermanentSendError, ProducerFencedError } from './errors.ts';

/** Names of errors that are bugs in `_send`. Waiting does not cure them. */
const BUGS: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError']);

const { code: PERMANENT_CODE } = new PermanentSendError('');
const { code: REFUSED } = new ConfigError('');
const TAKEN_AWAY: ReadonlySet<unknown> = new Set([new OutputClosedError('').code, new ProducerFencedError('').code]);

const codeOf = (error: Error): unknown => (error as { code?: unknown }).code;

/** Returns whether a message or a set has permanently failed with this error, by its code and name, not its class. */
export function condemns(error: Error): Condemned | undefined {
  const { code, condemns: scope } = error as { code?: unknown; condemns?: Condemned };
  if (code === PERMANENT_CODE) return scope ?? 'message';
  // A TypeError with a cause is how fetch reports that the network failed, which is no bug.
  return BUGS.has(error.name) && error.cause === undefined ? 'message' : undefined;
}

/** Whether the producer has lost its output for good: its reader has gone, or it was fenced. */
export const isTakenAway = (error: Error): boolean => TAKEN_AWAY.has(codeOf(error));

/** Whether the delivery loop cannot go on, because its output is lost for good or its configuration is refused. */
export const endsLoop = (error: Error): boolean => codeOf(error) === REFUSED || isTakenAway(error);

/** Whether a message failed only because another message of its set did. It is no suspect as long as that other message is known. */
export const isBystander = (error: Error): boolean => 'bystander' in error && error.bystander === true;

/** How long, in ms, the other side has asked not to be tried again; 0 where it has not. */
export function askedWaitMs(error: Error): number {
  const { retryAfterMs } = error as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0;
}

/** Whether no attempt can succeed on this connection any more. A client reports that by `needsReset` on its error. */
export const demandsReset = (error: Error): boolean => 'needsReset' in error && error.needsReset === true;
