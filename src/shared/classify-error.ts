/** Which errors may pass and which cannot. Total: whatever is not known to be permanent is transient. */

import { type Condemned, ConfigError, OutputClosedError, PermanentSendError, ProducerFencedError } from './errors.ts';

/** Bugs in `_send`: they do not heal by waiting. */
const BUGS: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError']);

const { code: PERMANENT_CODE } = new PermanentSendError('');
const { code: REFUSED } = new ConfigError('');
const TAKEN_AWAY: ReadonlySet<unknown> = new Set([new OutputClosedError('').code, new ProducerFencedError('').code]);

const codeOf = (error: Error): unknown => (error as { code?: unknown }).code;

/**
 * What an error condemns, or undefined where trying again may help. Goes by code and name, not by class: an error may
 * come from another copy of this module.
 */
export function condemns(error: Error): Condemned | undefined {
  const { code, condemns: scope } = error as { code?: unknown; condemns?: Condemned };
  if (code === PERMANENT_CODE) return scope ?? 'message';
  // A TypeError with a cause is how fetch says that the network failed: that is no bug.
  return BUGS.has(error.name) && error.cause === undefined ? 'message' : undefined;
}

/** Whether the producer has lost what it writes to for good: its reader has gone, or another producer has taken its place. */
export const isTakenAway = (error: Error): boolean => TAKEN_AWAY.has(codeOf(error));

/** Whether the loop cannot go on: what it writes to is taken away, or its configuration is refused. */
export const endsLoop = (error: Error): boolean => codeOf(error) === REFUSED || isTakenAway(error);

/** Whether it failed for what another one of its set was: it goes again, as long as the other one is known. */
export const isBystander = (error: Error): boolean => 'bystander' in error && error.bystander === true;

/** For how long the other side has asked not to be tried again, in ms; 0 where it has not. */
export function askedWaitMs(error: Error): number {
  const { retryAfterMs } = error as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0;
}

/** Whether no attempt can succeed on this connection any more: a client says so by `needsReset` on its error. */
export const demandsReset = (error: Error): boolean => 'needsReset' in error && error.needsReset === true;
