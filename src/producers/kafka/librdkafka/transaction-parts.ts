/**
 * The parts of a batch in which a bad message is searched for. Each is sent when the one before has been acknowledged, so
 * that a refusal names its part, and nothing behind it is in flight:
 *
 *     |  before the search  |1|1|1| … |2|2| … |3|
 *
 * They grow with what has been searched. Among many suspects they begin larger, because a transaction for each of two steps
 * costs less than a round trip for each message.
 */

import type { Batch } from '../../../transport.ts';
import { BatchPart } from '../batch-part.ts';
import type { TransactionBatch } from './transaction-batch.ts';

/** A part has at least 1 / 32 of the messages that were searched before it. */
const SHARE = 32;
/** So many suspects are searched one by one. */
const FEW = 100;

export interface Search {
  /** The number of the first suspect. What is before it is good, or has been refused. */
  readonly from: number;
  /** How many messages were in the sets that were refused. */
  readonly suspects: number;
  /** Good messages go in parts of at most so many, because more of them were too large together. */
  readonly together?: number | undefined;
}

/** What a search goes on with when these, in order, were refused in one set or several. */
export function searchOn(before: Search | undefined, suspects: readonly number[], areTooLarge: boolean): Search {
  const [from = 0] = suspects;
  const count = suspects.length;
  // One that is good was refused with others: together they are too large, whatever the broker thinks of each.
  if (before !== undefined && areTooLarge && from < before.from && count > 1)
    return { ...before, together: Math.ceil(count / 4) };
  return { from, suspects: count, together: before?.together };
}

/** Without a search, the batch is one part. */
export function* partsOf(batch: TransactionBatch, search?: Search): Generator<Batch> {
  if (search === undefined) return yield new BatchPart(batch, { from: 0, to: batch.size });
  const { from, suspects, together = Number.POSITIVE_INFINITY } = search;
  const members = [...batch.members];
  const good = members.filter((index) => batch.sequence + index < from).length;
  const least = suspects > FEW ? Math.ceil(Math.sqrt(suspects)) : 1;
  const sizeAt = (done: number) =>
    done < good ? Math.min(together, good - done) : Math.max(least, Math.floor((done - good) / SHARE));
  for (let done = 0; done < members.length; done += sizeAt(done))
    yield new BatchPart(batch, { from: members[done] as number, to: members[done + sizeAt(done)] ?? batch.size });
}
