/** Turns the failure of a transaction into the error that the delivery loop acts on. */

import {
  asError,
  ConfigError,
  ConnectError,
  PermanentSendError,
  ProducerFencedError,
  TransientSendError,
} from '../../../../shared/errors.ts';
import { classify, sendError, TOPIC_AUTHORIZATION_FAILED } from '../../errors/errors.ts';
import type { Client } from '../native/client.ts';
import { codeText } from '../native/code-text.ts';
import { TransactionError } from './transaction-calls.ts';

/** Another client has the producer id: `_FENCED`, `INVALID_PRODUCER_EPOCH`, `PRODUCER_FENCED`. */
const FENCED: ReadonlySet<number> = new Set([-144, 47, 90]);
const GROUP_AUTHORIZATION_FAILED = 30;
const INVALID_TRANSACTION_TIMEOUT = 50;
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53;

const codeOf = (error: unknown): number => (error instanceof TransactionError ? error.code : 0);

/** The error when no transaction can begin: a setting that the broker refuses, a missing permission, or an outage. */
export function initError(thrown: unknown, transactionalId: string): ConfigError | ConnectError {
  const { message } = asError(thrown);
  const cause = { cause: thrown };
  switch (codeOf(thrown)) {
    case INVALID_TRANSACTION_TIMEOUT:
      return new ConfigError(
        `transaction_timeout is longer than the broker allows (its transaction.max.timeout.ms, mostly 15m): ${message}`,
        cause,
      );
    case TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return new ConnectError(noPermission(transactionalId, message), cause);
    default:
      return new ConnectError(`the transactional id '${transactionalId}' has no coordinator: ${message}`, cause);
  }
}

const noPermission = (transactionalId: string, message: string): string =>
  `no permission to use the transactional id '${transactionalId}': have WRITE and DESCRIBE on it granted to the user (${message})`;

/** The error when a client can begin no other transaction, while a fresh one may. `code` is the reason. */
export function lostError(error: Error, code: number, transactionalId: string): TransientSendError {
  const { message } = error;
  const text = code === TRANSACTIONAL_ID_AUTHORIZATION_FAILED ? noPermission(transactionalId, message) : message;
  return Object.assign(new TransientSendError(text, { cause: error }), { needsReset: true });
}

/** The error when a mark could not be committed with the messages. No message is the cause. */
export function markError(error: Error, topic: string, group: string): TransientSendError {
  const advice: Readonly<Record<number, string>> = {
    [TOPIC_AUTHORIZATION_FAILED]: `no permission to commit an offset for the topic ${topic}: grant the user READ on it, in addition to WRITE`,
    [GROUP_AUTHORIZATION_FAILED]: `no permission to commit an offset of the group ${group}: have READ on it granted to the user`,
  };
  const known = advice[codeOf(error)];
  return new TransientSendError(known === undefined ? error.message : `${known} (${error.message})`, { cause: error });
}

/** The error when the broker permanently refuses a message without naming it; undefined for a transient error. */
export function refusal(error: unknown): PermanentSendError | undefined {
  if (!(error instanceof TransactionError) || classify(error.code) !== 'permanent') return undefined;
  const refused = new PermanentSendError(error.message, { condemns: 'set', cause: error });
  return Object.assign(refused, { kafkaCode: error.code });
}

/** The error of each message for a topic without permission, the same as without transactions. */
export const deniedError = (client: Client): Error =>
  sendError(codeText(client, TOPIC_AUTHORIZATION_FAILED), 'message');

const REFUSED_PARTITION = /^ADDPARTS .*Failed to add partition "(.*)" \[\d+\] to transaction: (.*)$/;

/** Returns the topic that this line of librdkafka's log reports as refused for want of permission. */
export function deniedTopic(line: string, { native: { rdkafka } }: Client): string | undefined {
  const [, topic, reason] = REFUSED_PARTITION.exec(line) ?? [];
  return topic !== undefined && reason === rdkafka.errorText(TOPIC_AUTHORIZATION_FAILED) ? topic : undefined;
}

/** Whether this line of librdkafka's log reports that the transaction can only be aborted. */
export const isTransactionFailure = (line: string): boolean => line.startsWith('TXNERR ');

/** Whether the reason in the line is a broker's answer to a set of messages. */
export const isOfSet = (line: string): boolean => line.includes(': ProduceRequest for ');

export const isFence = (code: number): boolean => FENCED.has(code);

export const fenced = (transactionalId: string, error: Error): ProducerFencedError =>
  new ProducerFencedError(
    `fenced: another producer has begun to use the transactional id '${transactionalId}'; give each its own (${error.message})`,
    { cause: error },
  );
