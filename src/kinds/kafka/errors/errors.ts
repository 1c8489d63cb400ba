/**
 * Classifies librdkafka's error codes for a message, by the table of `error-table.ts`. A code that is not in the table (of a
 * newer broker or library) is transient. A retry costs time, while dead-lettering a good message costs the message.
 */

import { type Condemned, PermanentSendError, TransientSendError } from '../../../shared/errors.ts';
import type { Message } from '../../../shared/message/message.ts';
import {
  MSG_SIZE_TOO_LARGE,
  SET_TOO_LARGE_THERE,
  TOO_LARGE_HERE,
  TOO_LARGE_THERE,
  tooLargeHere,
} from '../batches/sizes.ts';
import { ERROR_ROWS, type ErrorClass, type ErrorRow } from './error-table.ts';

export const QUEUE_FULL = -184;
export const PURGED_IN_QUEUE = -152;
export const PURGED_IN_FLIGHT = -151;
export const FATAL = -150;
export const ALL_BROKERS_DOWN = -187;
export const GAPLESS_GUARANTEE = -148;
export const TOPIC_AUTHORIZATION_FAILED = 29;
const INVALID_DIFFERENT_RECORD = -138;

/** Whether the message came back because the driver took it back. It is neither delivered nor failed. */
export const isPurged = (code: number): boolean => code === PURGED_IN_QUEUE || code === PURGED_IN_FLIGHT;

/** Whether a broker has permanently refused a message or its set. */
export const isRefusal = (code: number): boolean => code > 0 && classify(code) === 'permanent';

/** Whether librdkafka refuses the message itself, rather than its topic being missing. */
export const isOfMessage = (code: number): boolean => classify(code) === 'permanent' && !isMissing(code);

/** Whether a set was refused because of another message in it. */
export const isBystander = (code: number): boolean => code === INVALID_DIFFERENT_RECORD;

/** Whether librdkafka or a broker does not know the topic or the partition. Either may have been deleted, and may come back. */
export const isMissing = (code: number): boolean => MISSING.has(code);
const MISSING: ReadonlySet<number> = new Set([-190, -188, 3]);

/** Whether librdkafka reports that it has stopped as configured (properties.ts). The cause of the stop is reported elsewhere. */
export const isOwnStop = (text: string): boolean => /gap-?less/i.test(text);

/** The numbers of one request, and the text for our own setting to stop at a gap. */
const INCIDENTAL = / with \d+ message\(s\)| PID\{[^}]*\}, base seq \d+|: unable to satisfy gap-?less guarantee$/gi;

/** The reason for a client's fatal error, as the same text for the same cause. */
export const fatalReason = (text: string): string => text.replace(INCIDENTAL, '');

export const ERROR_TABLE: ReadonlyMap<number, ErrorRow> = new Map(ERROR_ROWS.map((row) => [row[0], row]));

/** The class of an unknown code. */
const UNKNOWN_CLASS: ErrorClass = 'transient';

export const classify = (code: number): ErrorClass => ERROR_TABLE.get(code)?.[2] ?? UNKNOWN_CLASS;

/** Whether this client can send no more messages, so that the caller resets instead of retrying. */
export const needsReset = (code: number): boolean => classify(code) === 'fatal';

/** Message and set larger than the topic allows, set larger than a segment. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([10, 18]);

/** Whether a set that was refused with this error may be accepted in parts. */
export const isTooLarge = (error: Error | undefined): boolean =>
  TOO_LARGE.has((error as { kafkaCode?: unknown } | undefined)?.kafkaCode);

/** Whether a broker has found the error in one message (INVALID_TIMESTAMP, INVALID_RECORD); 2.4 and newer name the bad ones. */
export const isOfContent = (code: number): boolean => code === 32 || code === 87;

export interface CodeText {
  readonly code: number;
  /** librdkafka's name of the code and its text. */
  readonly name: string;
  readonly text: string;
}

/** Advice for failures that a person must mend elsewhere. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [MSG_SIZE_TOO_LARGE, TOO_LARGE_THERE],
  [18, SET_TOO_LARGE_THERE],
  [TOPIC_AUTHORIZATION_FAILED, 'have WRITE on this topic granted to the user (an ACL of the broker)'],
]);

/** Codes about each message for a topic or a partition: unknown ones, no topic of this name, no permission. */
const OF_ITS_TOPIC: ReadonlySet<number> = new Set([-190, -188, 17, TOPIC_AUTHORIZATION_FAILED]);

export const isOfItsTopic = (code: number): boolean => OF_ITS_TOPIC.has(code);

/** Returns the error to settle a message with. `refused`: a local refusal concerns the message, a broker's mostly its whole set. */
export function sendError({ code, name, text }: CodeText, refused: Condemned, advice = ADVICE.get(code)): Error {
  const condemns = isOfItsTopic(code) ? 'message' : refused;
  const message = `${text} (${name}, ${code})${advice === undefined ? '' : `: ${advice}`}`;
  const kind = classify(code);
  const error = kind === 'permanent' ? new PermanentSendError(message, { condemns }) : new TransientSendError(message);
  // `code` of our errors is stable text. The native code and name are added for callers that look for them.
  return Object.assign(error, { kafkaCode: code, kafkaName: name }, hints(code, kind));
}

/** Returns the error for a message that librdkafka refused when it was produced. `properties` are those of the client. */
export function localError(
  refusal: CodeText,
  message: () => Message,
  properties: Readonly<Record<string, string>>,
): Error {
  if (refusal.code !== MSG_SIZE_TOO_LARGE) return sendError(refusal, 'message');
  return sendError({ ...refusal, text: tooLargeHere(message(), properties) }, 'message', TOO_LARGE_HERE);
}

/** What the delivery loop must know in addition to transient and permanent. */
function hints(code: number, kind: ErrorClass): object {
  if (isBystander(code)) return { bystander: true };
  return kind === 'fatal' ? { needsReset: true } : {};
}
