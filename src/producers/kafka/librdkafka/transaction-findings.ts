/** What an aborted transaction says of its messages: which were refused, and why. */

import { condemns } from '../../../delivery/classify.ts';
import { PermanentSendError } from '../../../errors.ts';
import { TOPIC_AUTHORIZATION_FAILED } from '../errors.ts';
import type { TransactionBatch } from './transaction-batch.ts';

export interface Findings {
  /** By index: messages that are refused for good. */
  readonly refused: ReadonlyMap<number, Error>;
  /** The first message of a set that was refused for what is in it; undefined where none was. */
  readonly suspect: number | undefined;
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
  const [first, ...others] = suspects.sort(([a], [b]) => a - b);
  if (first !== undefined && others.length === 0) refused.set(first[0], alone(first[1]));
  return { refused, suspect: first?.[0], deniedTopics };
}

/** As the broker named them, and as reports of single messages do. */
function deniedOf(members: TransactionBatch): ReadonlySet<string> {
  const topics = new Set(members.deniedTopics);
  for (const [index, error] of members.failures)
    if ((error as { kafkaCode?: unknown }).kafkaCode === TOPIC_AUTHORIZATION_FAILED)
      topics.add(members.message(index).topic);
  return topics;
}

/** The error of a set that had one message. */
function alone(error: Error): PermanentSendError {
  const { kafkaCode, kafkaName } = error as { kafkaCode?: number; kafkaName?: string };
  return Object.assign(new PermanentSendError(error.message, { cause: error.cause }), { kafkaCode, kafkaName });
}
