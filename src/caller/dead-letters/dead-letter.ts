/** A message that could not be delivered, and the reason. This is what a dead-letter target receives. */

import { randomUUID } from 'node:crypto';
import { condemns } from '../../shared/classify-error.ts';
import { WorkerCrashedError } from '../../shared/errors.ts';
import { type DefaultTopics, FLAG_ROUTED, type PackedRecord } from '../../shared/memory/record.ts';
import type { Message } from '../../shared/message/message.ts';
import type { FailedAttempt } from '../../shared/protocol.ts';
import { oneLine } from '../../shared/util/one-line.ts';
import { fromWire } from '../../shared/wire-error.ts';

/**
 * Why a message was dead-lettered. permanent: no attempt can succeed · suspect: it failed where its successor passed · crash: it kills
 * the worker that attempts it · shutdown: the producer ended before it was delivered.
 */
export const REASON_CLASSES = ['permanent', 'suspect', 'crash', 'shutdown'] as const;

export type ReasonClass = (typeof REASON_CLASSES)[number];

/** A message that cannot be delivered, and the reason. */
export interface DeadLetter {
  /** Stays the same while the dead letter is offered again, so that a store of dead letters can detect a repetition. */
  readonly id: string;
  /** When the message was abandoned, in milliseconds since 1970. */
  readonly at: number;
  /** The producer that could not deliver it. */
  readonly producer: string;
  readonly message: Message;
  /** Whether the message came by a route of the runtime. */
  readonly routed: boolean;
  /** Whether the message named no topic, so that it has the topic of its producer. */
  readonly defaultTopic: boolean;
  /** The failed attempts, oldest first, at most the last 21. The last one caused the dead letter. Empty if a shutdown came first. */
  readonly attempts: readonly FailedAttempt[];
  readonly reasonClass: ReasonClass;
  /** The error in one line. */
  readonly reason: string;
  readonly error: Error;
}

/**
 * Accepts a dead letter by resolving. While it rejects, it is asked again, and the producer waits. The signal is aborted when the
 * producer no longer waits for the answer.
 */
export type DeadLetterTarget = (letter: DeadLetter, signal: AbortSignal) => Promise<unknown> | unknown;

/** A target that can tell whether callers wait for capacity there. */
export type TargetOfDeadLetters = DeadLetterTarget & { readonly isFull?: () => boolean };

/**
 * Returns the target that gets a dead letter instead of its producer's own target, or undefined for none. It returns the same target for
 * all dead letters of a route.
 */
export type Fallback = (letter: DeadLetter) => TargetOfDeadLetters | undefined;

/** The message of a dead letter, and how it came to its producer. */
export type Origin = Pick<DeadLetter, 'producer' | 'message'> & Partial<Pick<DeadLetter, 'routed' | 'defaultTopic'>>;

/** The producer's name, and the topics of messages that name none. */
interface Sender {
  readonly producer: string;
  readonly topics: DefaultTopics;
}

/** Reads from the record what a dead letter needs of it. */
export function originOf({ producer, topics }: Sender, { records, offset }: PackedRecord, id: string): Origin {
  return {
    producer,
    message: records.decode(offset, topics, id),
    routed: (records.flagsAt(offset) & FLAG_ROUTED) !== 0,
    defaultTopic: records.hasDefaultTopic(offset),
  };
}

/** Builds the dead letter of a message that its last attempt has permanently failed. */
export function failedDeadLetter(origin: Origin, attempts: readonly FailedAttempt[]): DeadLetter {
  const error = fromWire((attempts.at(-1) as FailedAttempt).error);
  return letter(origin, { attempts, error, reasonClass: classOf(error) });
}

/** Builds the dead letter of a message that was left when its producer ended. */
export const leftoverDeadLetter = (origin: Origin, error: Error): DeadLetter =>
  letter(origin, { attempts: [], error, reasonClass: 'shutdown' });

function letter(origin: Origin, why: Pick<DeadLetter, 'attempts' | 'error' | 'reasonClass'>): DeadLetter {
  return {
    id: randomUUID(),
    at: Date.now(),
    routed: false,
    defaultTopic: false,
    ...origin,
    ...why,
    reason: oneLine(`${why.error.name}: ${why.error.message}`),
  };
}

/** A transient error dead-letters a message only if it is the suspect. */
function classOf(error: Error): ReasonClass {
  if (error instanceof WorkerCrashedError) return 'crash';
  return condemns(error) === undefined ? 'suspect' : 'permanent';
}
