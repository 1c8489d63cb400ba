/** Runs one transaction on a client that is ready for it: begins it, sends its messages, then commits or aborts it. */

import { asError, TransientSendError } from '../../../../shared/errors.ts';
import type { Batch } from '../../../../shared/transport.ts';
import { systemClock } from '../../../../shared/util/clock.ts';
import { within } from '../../../../shared/util/within.ts';
import type { GroupOffsets, PlacedMark } from './group-offsets.ts';
import type { TransactionBatch } from './transaction-batch.ts';
import { type Patience, type TransactionCalls, TransactionError } from './transaction-calls.ts';

/** Maximum time in ms to wait for the answers to messages in flight behind a refused set. */
const ANSWERS_MS = 500;
const TAKE_BACK_MS = 20;

export interface RunContext {
  readonly calls: TransactionCalls;
  readonly offsets: GroupOffsets;
  readonly patience: Patience;
  /** After a silence: resolves when all brokers agree on who is in the cluster. See `Departures`. */
  agreed(goesOn: Patience): Promise<void>;
  /** Whether the transaction waits for a broker that has left. Then no further call begins for it. */
  hasDeparted(): boolean;
  /**
   * The topic under whose name the mark is committed before the messages are sent. The coordinator then knows the transaction,
   * and can abort it after a topic was denied (docs/kinds/kafka.md). undefined = after the messages, under the topic of the first
   * message.
   */
  readonly earlyTopic: string | undefined;
  /** Returns the mark for a transaction that holds these messages. */
  mark(members: TransactionBatch): PlacedMark;
  /** Passes the messages of a batch to the client, and resolves when none is in flight. */
  produce(batch: Batch): Promise<void>;
  /** Takes back what has not been sent. */
  recall(): void;
  /** Takes back everything, including messages in flight. */
  purge(): void;
}

/** Why a transaction was not committed. */
export interface Aborted {
  /** The step that failed. */
  readonly step: 'early mark' | 'messages' | 'commit';
  /** librdkafka's error; undefined where only the reports of the messages are known. */
  readonly cause: TransactionError | undefined;
  /** Why this client cannot begin another transaction; undefined where it can. */
  readonly unusable: Error | undefined;
}

type Failed = Omit<Aborted, 'unusable'>;

/** Returns undefined when the transaction was committed. @throws TransactionError when its outcome is unknown */
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
 * Waits for the answers to messages in flight behind a refused set. The rest need not be sent, because nothing of the
 * transaction counts. librdkafka queues a message again that is refused for its sequence number, so the recall is repeated.
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

/** Returns why the transaction must be aborted. @throws TransactionError when its outcome is unknown */
async function commit(members: TransactionBatch, context: RunContext): Promise<Failed | undefined> {
  const { calls, earlyTopic } = context;
  if (members.signal.aborted) return { step: 'messages', cause: undefined };
  if (!members.isComplete || (earlyTopic !== undefined && members.failures.size > 0))
    return { step: 'messages', cause: context.hasDeparted() ? undefined : await calls.failure() };
  try {
    await unlessLeft(markAndCommit(members, context), members);
    return undefined;
  } catch (error) {
    if (error instanceof TransactionError && error.needsAbort) return { step: 'commit', cause: error };
    throw error;
  }
}

async function markAndCommit(members: TransactionBatch, context: RunContext): Promise<void> {
  const { calls, earlyTopic, patience } = context;
  await context.agreed(patience);
  assertNotLeft(context);
  if (earlyTopic === undefined) await sendMark(members.topic, members, context);
  assertNotLeft(context);
  await calls.commit(patience);
}

/** Once a transaction is left, no further call begins for it: its client may be gone. */
function assertNotLeft({ hasDeparted }: RunContext): void {
  if (hasDeparted()) throw new TransientSendError('the transaction was left to another client');
}

/** Waits for `work`, but not for a call that hangs once the transaction is left to another client. */
async function unlessLeft(work: Promise<void>, { left }: TransactionBatch): Promise<void> {
  work.catch(() => {});
  await Promise.race([work, left.then((why) => Promise.reject(why))]);
}

/** Aborts the transaction and returns the error if that failed. `isLast`: the client sends nothing more. */
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
