/**
 * What librdkafka's error codes mean for a message. One table, a reason per row; whatever is not in it is transient:
 * trying again costs time, dead-lettering a good message costs the message.
 */

import { type Condemned, PermanentSendError, TransientSendError } from '../../errors.ts';

/** `fatal` is transient for the message, but only a fresh client can send it. */
export type ErrorClass = 'transient' | 'permanent' | 'fatal';

interface Row {
  readonly name: string;
  readonly class: ErrorClass;
  readonly reason: string;
}

const row = (name: string, kind: ErrorClass, reason: string): Row => ({ name, class: kind, reason });

export const QUEUE_FULL = -184;
export const PURGED_IN_QUEUE = -152;
export const PURGED_IN_FLIGHT = -151;
export const ALL_BROKERS_DOWN = -187;

/** The message came back because we asked for it: neither delivered nor failed. */
export const isPurged = (code: number): boolean => code === PURGED_IN_QUEUE || code === PURGED_IN_FLIGHT;

export const ERROR_TABLE: ReadonlyMap<number, Row> = new Map([
  [-196, row('_FAIL', 'transient', 'generic failure in the client: says nothing about the message')],
  [-195, row('_TRANSPORT', 'transient', 'the connection broke')],
  [-193, row('_RESOLVE', 'transient', 'the name of the broker does not resolve now')],
  [-192, row('_MSG_TIMED_OUT', 'transient', 'no acknowledgement in time; the broker may still have it')],
  [-190, row('_UNKNOWN_PARTITION', 'permanent', 'the topic has no such partition; the others must not wait for one')],
  [
    -188,
    row('_UNKNOWN_TOPIC', 'permanent', 'not there for 30 s, and the broker does not create it; others must not wait'),
  ],
  [-187, row('_ALL_BROKERS_DOWN', 'transient', 'an outage')],
  [-186, row('_INVALID_ARG', 'permanent', 'the client cannot encode this message')],
  [-185, row('_TIMED_OUT', 'transient', 'no answer in time')],
  [-184, row('_QUEUE_FULL', 'transient', 'back-pressure')],
  [-181, row('_SSL', 'transient', 'the connection, not the message')],
  [-172, row('_STATE', 'fatal', 'the client is in a state in which it cannot send')],
  [-169, row('_AUTHENTICATION', 'transient', 'the connection: credentials may be put right')],
  [-165, row('_UNSUPPORTED_FEATURE', 'transient', 'the broker may be upgraded, the feature switched off')],
  [-150, row('_FATAL', 'fatal', 'the idempotent client has given up: it needs a fresh one')],
  [-149, row('_INCONSISTENT', 'fatal', 'the client and the broker disagree about the sequence')],
  [-148, row('_GAPLESS_GUARANTEE', 'fatal', 'the client refuses to leave a gap')],
  [-144, row('_FENCED', 'fatal', 'another client has this producer id')],
  [-138, row('_INVALID_DIFFERENT_RECORD', 'transient', 'another message of the set was at fault')],
  [2, row('INVALID_MSG', 'permanent', 'the broker finds the message set malformed')],
  [3, row('UNKNOWN_TOPIC_OR_PART', 'transient', 'topics are created late, metadata lags')],
  [5, row('LEADER_NOT_AVAILABLE', 'transient', 'an election is going on')],
  [6, row('NOT_LEADER_FOR_PARTITION', 'transient', 'the leader has moved')],
  [7, row('REQUEST_TIMED_OUT', 'transient', 'the replicas were slow')],
  [10, row('MSG_SIZE_TOO_LARGE', 'permanent', 'larger than message.max.bytes, and it will not shrink')],
  [13, row('NETWORK_EXCEPTION', 'transient', 'the connection broke before the answer')],
  [17, row('TOPIC_EXCEPTION', 'permanent', 'no topic can have this name')],
  [18, row('RECORD_LIST_TOO_LARGE', 'permanent', 'the set is larger than a segment: alone it may fit')],
  [19, row('NOT_ENOUGH_REPLICAS', 'transient', 'replicas come back')],
  [20, row('NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'transient', 'replicas come back; it may be there twice')],
  [21, row('INVALID_REQUIRED_ACKS', 'transient', 'a wrong setting, which condemns no message')],
  [
    29,
    row('TOPIC_AUTHORIZATION_FAILED', 'permanent', 'messages for other topics must not wait until access is granted'),
  ],
  [31, row('CLUSTER_AUTHORIZATION_FAILED', 'transient', 'access may be granted')],
  [32, row('INVALID_TIMESTAMP', 'permanent', 'outside what the topic accepts')],
  [35, row('UNSUPPORTED_VERSION', 'transient', 'the broker may be upgraded')],
  [43, row('UNSUPPORTED_FOR_MESSAGE_FORMAT', 'permanent', 'the topic cannot hold such a message (headers)')],
  [44, row('POLICY_VIOLATION', 'transient', "the broker's policy, which an operator changes")],
  [45, row('OUT_OF_ORDER_SEQUENCE_NUMBER', 'fatal', 'the sequence is lost: only a fresh client starts anew')],
  [47, row('INVALID_PRODUCER_EPOCH', 'fatal', 'fenced: only a fresh client gets a new epoch')],
  [49, row('INVALID_PRODUCER_ID_MAPPING', 'fatal', 'the broker has forgotten this producer id')],
  [56, row('KAFKA_STORAGE_ERROR', 'transient', 'a disk of the broker; the leader moves')],
  [59, row('UNKNOWN_PRODUCER_ID', 'fatal', 'the broker has forgotten this producer id')],
  [76, row('UNSUPPORTED_COMPRESSION_TYPE', 'transient', 'a wrong setting, which condemns no message')],
  [87, row('INVALID_RECORD', 'permanent', 'the broker validated a message of the set and refused')],
  [89, row('THROTTLING_QUOTA_EXCEEDED', 'transient', 'wait for the quota')],
  [90, row('PRODUCER_FENCED', 'fatal', 'another client has this producer id')],
]);

export const classify = (code: number): ErrorClass => ERROR_TABLE.get(code)?.class ?? 'transient';

/** Whether no message can be sent by this client any more: the caller resets instead of trying again. */
export const needsReset = (code: number): boolean => classify(code) === 'fatal';

export interface CodeText {
  readonly code: number;
  /** librdkafka's name of the code and what it says about it. */
  readonly name: string;
  readonly text: string;
}

/** The error to settle a message with. `condemns`: a local refusal means the message, a broker's its whole set. */
export function sendError({ code, name, text }: CodeText, condemns: Condemned): Error {
  const message = `${text} (${name}, ${code})`;
  const kind = classify(code);
  const error = kind === 'permanent' ? new PermanentSendError(message, { condemns }) : new TransientSendError(message);
  // `code` of our errors is stable text; the native figures ride along for those who look for them.
  return Object.assign(error, { kafkaCode: code, kafkaName: name, ...(kind === 'fatal' && { needsReset: true }) });
}
