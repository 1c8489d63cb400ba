/** One transaction on a client that is ready for it: begun, its messages sent, then committed or aborted. */

import { asError, TransientSendError } from '../../../../shared/errors.ts';
import type { Batch } from '../../../../shared/transport.ts';
import { systemClock } from '../../../../shared/util/clock.ts';
import { within } from '../../../../shared/util/within.ts';
import type { GroupOffsets, PlacedMark } from './group-offsets.ts';
import type { TransactionBatch } from './transaction-batch.ts';
import { type Patience, type TransactionCalls, TransactionError } from './transaction-calls.ts';

/** How long what is in flight behind a refused set is waited for. */
const ANSWERS_MS = 500;
const TAKE_BACK_MS = 20;

export interface RunContext {
  readonly calls: TransactionCalls;
  readonly offsets: GroupOffsets;
  readonly patience: Patience;
  /** Whether the transaction waits for a broker that has left: no call is begun for it any more. */
  hasDeparted(): boolean;
  /**
   * The topic in whose name the mark is committed before the messages are sent; undefined = after them, in the name of the
   * first message's topic. See `Transactions`.
   */
  readonly earlyTopic: string | undefined;
  /** The mark for a transaction that holds these. */
  mark(members: TransactionBatch): PlacedMark;
  /** Passes the messages of a batch to the client, and resolves when none is in flight. */
  produce(batch: Batch): Promise<void>;
  /** Takes back what has not been sent. */
  recall(): void;
  /** Takes back what is in flight. */
  purge(): void;
}

/** Why a transaction was not committed. */
export interface Aborted {
  /** The step that failed. */
  readonly step: 'early mark' | 'messages' | 'commit';
  /** What librdkafka says; undefined where the reports of the messages are all that is known. */
  readonly cause: TransactionError | undefined;
  /** Why this client cannot begin another one; undefined where it can. */
  readonly unusable: Error | undefined;
}

type Failed = Omit<Aborted, 'unusable'>;

/** Returns undefined when it was committed. @throws TransactionError when its outcome is unknown */
export async function runTransaction(members: TransactionBatch, context: RunContext): Promise<Aborted | undefined> {
  const { calls, earlyTopic } = context;
  await calls.begin();
  const refused = earlyTopic === undefined ? undefined : await markEarly(earlyTopic, members, context);
  if (refused !== undefined) return { ...refused, unusable: await abort(context) };
  const produced = context.produce(members);
  await Promise.race([produced, members.stopped]);
  const failed = await commit(members, context);
  if (failed === undefined) return undefined;
  if (members.awaitsReports) await answers(produced, context);
  const unusable = await abort(context, members.hasRefusedSet);
  if (unusable !== undefined) context.purge();
  await produced;
  return { ...failed, unusable };
}

/**
 * What is in flight behind a refused set is answered too. It need not come: nothing of the transaction counts. What is refused for
 * its sequence number is queued again, so it is taken back again and again.
 */
async function answers(produced: Promise<void>, { recall }: RunContext): Promise<void> {
  recall();
  const takingBack = setInterval(recall, TAKE_BACK_MS);
  try {
    await within(produced, ANSWERS_MS, { clock: systemClock });
  } finally {
    clearInterval(takingBack);
  }
}

async function markEarly(topic: string, members: TransactionBatch, context: RunContext): Promise<Failed | undefined> {
  try {
    await sendMark(topic, members, { ...context, patience: () => false });
    return undefined;
  } catch (error) {
    if (error instanceof TransactionError) return { step: 'early mark', cause: error };
    throw error;
  }
}

const sendMark = (topic: string, members: TransactionBatch, { calls, offsets, mark, patience }: RunContext) =>
  offsets.with(topic, mark(members), (list, group) => calls.sendOffsets(list, group, patience));

/** Returns why the transaction has to be aborted. @throws TransactionError when its outcome is unknown */
async function commit(members: TransactionBatch, context: RunContext): Promise<Failed | undefined> {
  const { calls, earlyTopic, patience } = context;
  if (members.signal.aborted) return { step: 'messages', cause: undefined };
  if (!members.isComplete || (earlyTopic !== undefined && members.failures.size > 0))
    return { step: 'messages', cause: await calls.failure() };
  try {
    if (earlyTopic === undefined) await sendMark(members.topic, members, context);
    await calls.commit(patience);
    return undefined;
  } catch (error) {
    if (error instanceof TransactionError && error.needsAbort) return { step: 'commit', cause: error };
    throw error;
  }
}

/** Also takes back what is queued, and waits for what is in flight. `isLast`: of this client. Returns why it failed. */
async function abort(context: RunContext, isLast = false): Promise<Error | undefined> {
  const { calls, patience, hasDeparted } = context;
  if (hasDeparted()) return new TransientSendError('the next client aborts the transaction');
  try {
    await (isLast ? calls.abortLast() : calls.abort(patience));
    return undefined;
  } catch (error) {
    return asError(error);
  }
}
