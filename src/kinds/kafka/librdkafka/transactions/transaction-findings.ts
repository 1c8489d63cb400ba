/** Reads from an aborted transaction which messages were refused, and why. */

import { condemns } from '../../../../shared/classify-error.ts';
import { PermanentSendError } from '../../../../shared/errors.ts';
import { TOPIC_AUTHORIZATION_FAILED } from '../../errors/errors.ts';
import type { TransactionBatch } from './transaction-batch.ts';

export interface Findings {
  /** Messages that have permanently failed, by index. */
  readonly refused: ReadonlyMap<number, Error>;
  /** Indices of the messages in sets that were refused for their content, in order. */
  readonly suspects: readonly number[];
  readonly deniedTopics: ReadonlySet<string>;
}

/** `denial` makes the error of messages for a denied topic. */
export function findings(members: TransactionBatch, denial: () => Error): Findings {
  const refused = new Map<number, Error>();
  const suspects: [number, Error][] = [];
  for (const [index, error] of members.failures) {
    const scope = condemns(error);
    if (scope === 'message') refused.set(index, error);
    else if (scope === 'set') suspects.push([index, error]);
  }
  const deniedTopics = deniedOf(members);
  for (const index of deniedTopics.size > 0 ? members.members : [])
    if (deniedTopics.has(members.message(index).topic)) refused.set(index, denial());
  const areAlone = members.isTrial || suspects.length === 1;
  for (const [index, error] of suspects) if (areAlone || isNamed(error)) refused.set(index, alone(error));
  const indices = suspects.map(([index]) => index);
  return { refused, suspects: indices.sort((a, b) => a - b), deniedTopics };
}

/** Whether the broker has named it among others of its set: see refused-set.ts. */
const isNamed = (error: Error): boolean => 'isNamed' in error && error.isNamed === true;

/** The denied topics, as the broker named them and as reports of single messages show. */
function deniedOf(members: TransactionBatch): ReadonlySet<string> {
  const topics = new Set(members.deniedTopics);
  for (const [index, error] of members.failures)
    if ((error as { kafkaCode?: unknown }).kafkaCode === TOPIC_AUTHORIZATION_FAILED)
      topics.add(members.message(index).topic);
  return topics;
}

/** Turns the error of a set into the error of this message alone. */
function alone(error: Error): PermanentSendError {
  const { kafkaCode, kafkaName } = error as { kafkaCode?: number; kafkaName?: string };
  return Object.assign(new PermanentSendError(error.message, { cause: error.cause }), { kafkaCode, kafkaName });
}
