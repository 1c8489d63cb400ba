/**
 * The search for bad messages, when a broker has refused sets for what is in them:
 *
 *     transaction ── a set is refused ──> trial, trial … ──> the transaction again, without the bad messages
 *
 * A trial sends suspects, each as a set of its own, in a transaction that is never committed. What it has refused is bad for
 * certain. One trial finds several bad messages, because those in flight behind the first one are answered too: a broker looks at
 * what is in a set before it looks at its sequence number. Nothing of a trial is ever seen, so its messages need no order.
 *
 * Where no trial finds a bad message, the sets were refused for their size, and the next client sends smaller ones.
 */

import type { Batch } from '../../../../shared/transport.ts';
import { messageBytes } from '../../batches/sizes.ts';
import { recordBytes } from '../../batches/slice.ts';
import { TransactionBatch } from './transaction-batch.ts';

/** Messages in the first trial of the largest ones: no more than a few are answered before it ends. */
const LARGEST_AT_ONCE = 32;
/** The next trial has so many times more messages, where one has found nothing. */
const GROWTH = 4;
/** Sets become so many times smaller when they were too large. */
const SHRINK = 4;

/**
 * What sets were refused for. Without compression, a message is good if a larger one is. With compression, a large one is only more
 * likely to be bad.
 */
export type Cause = 'size' | 'compressed size' | 'content';

export interface Search {
  readonly cause: Cause;
  /** Numbers of the messages that are still to be tried. Where sets were too large, the largest message comes first. */
  readonly suspects: readonly number[];
  /** How many of them the next trial has. */
  readonly atOnce: number;
  /** Size of the refused sets together, in bytes. */
  readonly bytes: number;
  /** Whether a trial has found a bad message. */
  readonly hasFound: boolean;
}

/** `suspects` are indices in the batch, in order. */
export function searchFor(batch: Batch, suspects: readonly number[], cause: Cause): Search {
  const sizeOf = recordBytes(batch);
  const sorted = cause === 'content' ? suspects : [...suspects].sort((a, b) => sizeOf(b) - sizeOf(a));
  return {
    cause,
    suspects: sorted.map((index) => batch.sequence + index),
    atOnce: cause === 'content' ? Number.POSITIVE_INFINITY : LARGEST_AT_ONCE,
    bytes: suspects.reduce((sum, index) => sum + sizeOf(index), 0),
    hasFound: false,
  };
}

/** The messages of the next trial; empty where none of the suspects is in this batch or without an outcome. */
export function trialOf(batch: Batch, { suspects, atOnce }: Search): TransactionBatch {
  const indices = suspects.map((number) => number - batch.sequence);
  const open = indices.filter((index) => index >= 0 && index < batch.size && !batch.skip(index));
  return new TransactionBatch(batch, new Set(open.slice(0, atOnce)));
}

/** What a trial has shown: indices of messages that a broker has refused, and of those that it has taken. */
export interface Verdicts {
  readonly refused: ReadonlySet<number>;
  readonly taken: ReadonlySet<number>;
}

/** What is left to try. Without suspects, the search is over. */
export function searchOn(search: Search, { sequence }: Batch, { refused, taken }: Verdicts): Search {
  const isRefused = (number: number) => refused.has(number - sequence);
  const isTaken = (number: number) => taken.has(number - sequence);
  const rest =
    search.cause === 'size' ? before(search.suspects, isTaken) : search.suspects.filter((one) => !isTaken(one));
  // A broker names the bad ones of a set that has several. Where it named none, there was one, and that is found.
  const isOver = search.cause !== 'size' && refused.size > 0 && taken.size > 0;
  return {
    ...search,
    hasFound: search.hasFound || refused.size > 0,
    suspects: isOver ? [] : rest.filter((one) => !isRefused(one)),
    atOnce: refused.size > 0 ? search.atOnce : search.atOnce * GROWTH,
  };
}

/** Those before the first one of which `ends` is true. */
function before(numbers: readonly number[], ends: (number: number) => boolean): readonly number[] {
  const end = numbers.findIndex(ends);
  return end < 0 ? numbers : numbers.slice(0, end);
}

/**
 * How large the next client's sets may be, in bytes; `limit` is how large they may be now. A set as large as a message that was
 * refused for its size would be refused as well.
 */
export function setBytesAfter(search: Search, batch: Batch, { refused }: Verdicts, limit: number): number {
  const sizes = search.cause === 'size' ? [...refused].map((index) => messageBytes(batch.message(index))) : [];
  const isOver = search.suspects.length === 0;
  return isOver && !search.hasFound ? Math.ceil(Math.min(limit, search.bytes) / SHRINK) : Math.min(limit, ...sizes);
}
