/**
 * What librdkafka's error codes mean for a message, by the table of `error-table.ts`. A code that is not in it (of a newer
 * broker or library) is transient: trying again costs time, dead-lettering a good message costs the message.
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

export type { ErrorClass };

export const QUEUE_FULL = -184;
export const PURGED_IN_QUEUE = -152;
export const PURGED_IN_FLIGHT = -151;
export const FATAL = -150;
export const ALL_BROKERS_DOWN = -187;
export const GAPLESS_GUARANTEE = -148;
export const TOPIC_AUTHORIZATION_FAILED = 29;
const INVALID_DIFFERENT_RECORD = -138;

/** The message came back because we asked for it: neither delivered nor failed. */
export const isPurged = (code: number): boolean => code === PURGED_IN_QUEUE || code === PURGED_IN_FLIGHT;

/** Whether a broker has refused a message, or its set, for good. */
export const isRefusal = (code: number): boolean => code > 0 && classify(code) === 'permanent';

/** Whether it is the message that librdkafka will not take, and not its topic that is away. */
export const isOfMessage = (code: number): boolean => classify(code) === 'permanent' && !isMissing(code);

/** Its set was refused for another message. */
export const isBystander = (code: number): boolean => code === INVALID_DIFFERENT_RECORD;

/** librdkafka, or a broker, does not know the topic, or not the partition: either may have gone, and may come back. */
export const isMissing = (code: number): boolean => MISSING.has(code);
const MISSING: ReadonlySet<number> = new Set([-190, -188, 3]);

/** Whether librdkafka says that it has given up as it was told to (properties.ts): what led to it is the news. */
export const isOwnStop = (text: string): boolean => /gap-?less/i.test(text);

/** The figures of one request, and what was only our order to give up at a gap. */
const INCIDENTAL = / with \d+ message\(s\)| PID\{[^}]*\}, base seq \d+|: unable to satisfy gap-?less guarantee$/gi;

/** Why a client has given up, as one text for one cause. */
export const fatalReason = (text: string): string => text.replace(INCIDENTAL, '');

export const ERROR_TABLE: ReadonlyMap<number, ErrorRow> = new Map(ERROR_ROWS.map((row) => [row[0], row]));

/** What an unknown code is taken for. */
const UNKNOWN_CLASS: ErrorClass = 'transient';

export const classify = (code: number): ErrorClass => ERROR_TABLE.get(code)?.[2] ?? UNKNOWN_CLASS;

/** Whether no message can be sent by this client any more: the caller resets instead of trying again. */
export const needsReset = (code: number): boolean => classify(code) === 'fatal';

/** Message and set larger than the topic takes, set larger than a segment. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([10, 18]);

/** Whether a set that was refused with this error may be good in parts. */
export const isTooLarge = (error: Error | undefined): boolean =>
  TOO_LARGE.has((error as { kafkaCode?: unknown } | undefined)?.kafkaCode);

/** What a broker finds in one message, INVALID_TIMESTAMP and INVALID_RECORD: from Apache Kafka 2.4 on it says in which ones. */
export const isOfContent = (code: number): boolean => code === 32 || code === 87;

export interface CodeText {
  readonly code: number;
  /** librdkafka's name of the code and what it says about it. */
  readonly name: string;
  readonly text: string;
}

/** What to do about a failure that somebody has to mend elsewhere. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [MSG_SIZE_TOO_LARGE, TOO_LARGE_THERE],
  [18, SET_TOO_LARGE_THERE],
  [TOPIC_AUTHORIZATION_FAILED, 'have WRITE on this topic granted to the user (an ACL of the broker)'],
]);

/**
 * What is wrong with a topic or a partition is wrong with each message for it and with no other: nothing has to be searched
 * for, and what else is in flight may arrive. Unknown partition and topic, no topic of this name, no permission.
 */
const OF_ITS_TOPIC: ReadonlySet<number> = new Set([-190, -188, 17, TOPIC_AUTHORIZATION_FAILED]);

export const isOfItsTopic = (code: number): boolean => OF_ITS_TOPIC.has(code);

/** The error to settle a message with. `refused`: a local refusal means the message, a broker's mostly its whole set. */
export function sendError({ code, name, text }: CodeText, refused: Condemned, advice = ADVICE.get(code)): Error {
  const condemns = isOfItsTopic(code) ? 'message' : refused;
  const message = `${text} (${name}, ${code})${advice === undefined ? '' : `: ${advice}`}`;
  const kind = classify(code);
  const error = kind === 'permanent' ? new PermanentSendError(message, { condemns }) : new TransientSendError(message);
  // `code` of our errors is stable text; the native figures ride along for those who look for them.
  return Object.assign(error, { kafkaCode: code, kafkaName: name }, hints(code, kind));
}

/** The error for a message that librdkafka refused when it was produced; `properties` are those of the client. */
export function localError(
  refusal: CodeText,
  message: () => Message,
  properties: Readonly<Record<string, string>>,
): Error {
  if (refusal.code !== MSG_SIZE_TOO_LARGE) return sendError(refusal, 'message');
  return sendError({ ...refusal, text: tooLargeHere(message(), properties) }, 'message', TOO_LARGE_HERE);
}

/** What the delivery loop has to know beyond transient and permanent. */
function hints(code: number, kind: ErrorClass): object {
  if (isBystander(code)) return { bystander: true };
  return kind === 'fatal' ? { needsReset: true } : {};
}
