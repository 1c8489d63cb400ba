/**
 * Searches for bad messages, when a broker has refused sets for their content:
 *
 *     transaction ── a set is refused ──> trial, trial … ──> the transaction again, without the bad messages
 *
 * A trial sends suspects, each as a set of its own, in a transaction that is never committed. What it has refused is certainly
 * bad. One trial finds several bad messages, because those in flight behind the first one are answered too. A broker checks the
 * content of a set before its sequence number. No reader ever sees a trial, so its messages need no order.
 *
 * If no trial finds a bad message, the sets were refused for their size, and the next client sends smaller ones.
 */

import type { Batch } from '../../../../shared/transport.ts';
import { messageBytes } from '../../batches/sizes.ts';
import { recordBytes } from '../../batches/slice.ts';
import { TransactionBatch } from './transaction-batch.ts';

/** Number of messages in the first trial of the largest ones. Only a few are answered before it ends. */
const LARGEST_AT_ONCE = 32;
/** Factor by which the next trial has more messages, if one has found nothing. */
const GROWTH = 4;
/** Factor by which sets become smaller when they were too large. */
const SHRINK = 4;

/** Why sets were refused. Without compression a message is good if a larger one is; with it, a large one is likelier bad. */
export type Cause = 'size' | 'compressed size' | 'content';

export interface Search {
  readonly cause: Cause;
  /** Sequences of the messages still to be tried. If sets were too large, the largest message comes first. */
  readonly suspects: readonly number[];
  /** Number of suspects in the next trial. */
  readonly atOnce: number;
  /** Size of the refused sets together, in bytes. */
  readonly bytes: number;
  /** Whether a trial has found a bad message. */
  readonly hasFound: boolean;
}

/** Begins a search. `suspects` are indices in the batch, in order. */
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

/** Returns the messages of the next trial; empty where no suspect without an outcome is in this batch. */
export function trialOf(batch: Batch, { suspects, atOnce }: Search): TransactionBatch {
  const indices = suspects.map((number) => number - batch.sequence);
  const open = indices.filter((index) => index >= 0 && index < batch.size && !batch.skip(index));
  return new TransactionBatch(batch, new Set(open.slice(0, atOnce)));
}

/** Result of a trial: indices of messages that a broker has refused, and of those that it has accepted. */
export interface Verdicts {
  readonly refused: ReadonlySet<number>;
  readonly taken: ReadonlySet<number>;
}

/** Returns the search after a trial. Without suspects, the search is over. */
export function searchOn(search: Search, { sequence }: Batch, { refused, taken }: Verdicts): Search {
  const isRefused = (number: number) => refused.has(number - sequence);
  const isTaken = (number: number) => taken.has(number - sequence);
  const rest =
    search.cause === 'size' ? before(search.suspects, isTaken) : search.suspects.filter((one) => !isTaken(one));
  // A broker names the bad messages of a set with several. If it named none, there was one, and that one is found.
  const isOver = search.cause !== 'size' && refused.size > 0 && taken.size > 0;
  return {
    ...search,
    hasFound: search.hasFound || refused.size > 0,
    suspects: isOver ? [] : rest.filter((one) => !isRefused(one)),
    atOnce: refused.size > 0 ? search.atOnce : search.atOnce * GROWTH,
  };
}

/** Returns the numbers before the first one for which `ends` is true. */
function before(numbers: readonly number[], ends: (number: number) => boolean): readonly number[] {
  const end = numbers.findIndex(ends);
  return end < 0 ? numbers : numbers.slice(0, end);
}

/** Returns the maximum size in bytes of the next client's sets: less than a message that was refused for its size. */
export function setBytesAfter(search: Search, batch: Batch, { refused }: Verdicts, limit: number): number {
  const sizes = search.cause === 'size' ? [...refused].map((index) => messageBytes(batch.message(index))) : [];
  const isOver = search.suspects.length === 0;
  return isOver && !search.hasFound ? Math.ceil(Math.min(limit, search.bytes) / SHRINK) : Math.min(limit, ...sizes);
}
