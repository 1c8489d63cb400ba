/** What poison costs the good messages of a run, in time. */

import type { Journal } from '../journal.ts';
import { isPoison, type Plan, poisonedPartitions } from '../plan.ts';
import { isInPartition } from '../poison.ts';
import { longestStall, medianLatency, rate } from '../stalls.ts';
import type { Cell } from './cells.ts';

export interface Costs {
  /** Poison messages found a second, from the first to the last. */
  readonly poisonRate: number;
  /** Good messages a second in the partitions to which poison comes. */
  readonly besideRate: number;
  /** Of the partitions to which none comes, in ms; NaN where there are none. */
  readonly othersStall: number;
  readonly othersMedian: number;
  /** How many times the median without poison that is. */
  readonly ratio: number;
}

/** The same without poison. */
export interface Calm {
  readonly median: number;
}

const isOther = (cell: Cell, partition: number) =>
  !isInPartition(cell.poison) || partition >= poisonedPartitions(cell.partitions);

const others = (cell: Cell) => (place: { readonly partition: number }) => isOther(cell, place.partition);

export const calmOf = (journal: Journal, plan: Plan): Calm => ({ median: medianLatency(journal, plan) });

export function costsOf(journal: Journal, plan: Plan, cell: Cell, calm: Calm): Costs {
  const found = [...journal.refused].filter(([id]) => isPoison(plan, id)).map(([, { at }]) => at);
  const beside = [...journal.delivered.values()].filter(({ partition }) => !isOther(cell, partition));
  const othersMedian = medianLatency(journal, plan, others(cell));
  return {
    poisonRate: rate(found),
    besideRate: rate(beside.map(({ at }) => at)),
    othersStall: longestStall(journal, plan, others(cell)),
    othersMedian,
    ratio: othersMedian / Math.max(1, calm.median),
  };
}
