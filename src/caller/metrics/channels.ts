/** The events of `node:diagnostics_channel`. Without a subscriber, an event costs one check and makes no object. */

import { channel } from 'node:diagnostics_channel';
import type { ConnectionState } from '../../shared/lifecycle.ts';
import type { Outcome } from '../settlement/accounting.ts';

/** A message was accepted. Published during the call that produced it, unless the message had to wait for capacity. */
export interface AcceptedEvent {
  readonly producer: string;
  /** Number of the message within this run of the producer. */
  readonly sequence: number;
}

/** Messages reached their final state. `first` and `last` differ only for messages that were on disk only. */
export interface SettledEvent {
  readonly producer: string;
  /** Numbers of the messages, both included. Those that an earlier run left in the spool are below 0, and may be -Infinity. */
  readonly first: number;
  readonly last: number;
  /** Number of messages that settled now. */
  readonly messages: number;
  readonly outcome: Outcome;
}

/** A round of attempts failed and will be repeated. The error is masked as in the log. */
export interface AttemptEvent {
  readonly producer: string;
  readonly error: Error;
}

/** The worker reported the state of the connection. The error is masked as in the log. */
export interface ConnectionEvent {
  readonly producer: string;
  readonly state: ConnectionState;
  readonly error: Error | undefined;
}

const accepted = channel('outspool:accepted');
const settled = channel('outspool:settled');
const attempt = channel('outspool:attempt');
const connection = channel('outspool:connection');

export function publishAccepted(producer: string, sequence: number): void {
  if (accepted.hasSubscribers) accepted.publish({ producer, sequence } satisfies AcceptedEvent);
}

/** Publishes in a microtask, because a subscriber may produce messages while this one's memory is being reused. */
export function publishSettled(producer: string, outcome: Outcome, first: number, last = first, messages = 1): void {
  if (!settled.hasSubscribers) return;
  const event: SettledEvent = { producer, first, last, messages, outcome };
  queueMicrotask(() => settled.publish(event));
}

export function publishAttempt(producer: string, error: Error): void {
  if (attempt.hasSubscribers) attempt.publish({ producer, error } satisfies AttemptEvent);
}

export function publishConnection(producer: string, state: ConnectionState, error: Error | undefined): void {
  if (connection.hasSubscribers) connection.publish({ producer, state, error } satisfies ConnectionEvent);
}
