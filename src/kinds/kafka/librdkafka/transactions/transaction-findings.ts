/** What an aborted transaction says of its messages: which were refused, and why. */

import { condemns } from '../../../../shared/classify-error.ts';
import { PermanentSendError } from '../../../../shared/errors.ts';
import { TOPIC_AUTHORIZATION_FAILED } from '../../errors/errors.ts';
import type { TransactionBatch } from './transaction-batch.ts';

export interface Findings {
  /** By index: messages that are refused for good. */
  readonly refused: ReadonlyMap<number, Error>;
  /** The messages of sets that were refused for what is in them, in order. */
  readonly suspects: readonly number[];
  readonly deniedTopics: ReadonlySet<string>;
}

/** `denial` makes what messages for a denied topic are refused with. */
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

/** As the broker named them, and as reports of single messages do. */
function deniedOf(members: TransactionBatch): ReadonlySet<string> {
  const topics = new Set(members.deniedTopics);
  for (const [index, error] of members.failures)
    if ((error as { kafkaCode?: unknown }).kafkaCode === TOPIC_AUTHORIZATION_FAILED)
      topics.add(members.message(index).topic);
  return topics;
}

/** The error of a set of which this message was refused. */
function alone(error: Error): PermanentSendError {
  const { kafkaCode, kafkaName } = error as { kafkaCode?: number; kafkaName?: string };
  return Object.assign(new PermanentSendError(error.message, { cause: error.cause }), { kafkaCode, kafkaName });
}
