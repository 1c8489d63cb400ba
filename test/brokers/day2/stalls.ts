/** How long partitions stood still, and how long messages took. */

import type { Journal } from './journal.ts';
import { type Place, type Plan, placeOf } from './plan.ts';

type Fits = (place: Place) => boolean;

interface Passage {
  readonly lane: string;
  readonly accepted: number;
  readonly delivered: number;
}

const everywhere: Fits = () => true;

function passages({ accepted, delivered }: Journal, plan: Plan, fits: Fits): Passage[] {
  return [...delivered].flatMap(([id, { at, partition }]) => {
    const place = placeOf(plan, id);
    if (!fits({ ...place, partition })) return [];
    return { lane: `${place.topic} ${partition}`, accepted: accepted.get(id) ?? at, delivered: at };
  });
}

/**
 * Longest time in ms in which a partition had messages to take and took none. `fits` chooses the partitions. A partition that
 * takes nothing more until the end of the run shows in the count of messages that have not settled.
 */
export function longestStall(journal: Journal, plan: Plan, fits: Fits = everywhere): number {
  const last = new Map<string, number>();
  let longest = 0;
  for (const { lane, accepted, delivered } of passages(journal, plan, fits)) {
    longest = Math.max(longest, delivered - Math.max(accepted, last.get(lane) ?? 0));
    last.set(lane, delivered);
  }
  return longest;
}

/** From acceptance to report, in ms; NaN where there is no message. */
export function medianLatency(journal: Journal, plan: Plan, fits: Fits = everywhere): number {
  const latencies = passages(journal, plan, fits).map(({ accepted, delivered }) => delivered - accepted);
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? Number.NaN;
}

/** Messages a second in the busiest time: delivered ones of the chosen partitions, from the first to the last. */
export function rate(times: readonly number[]): number {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  return times.length < 2 ? Number.NaN : ((times.length - 1) / Math.max(1, last - first)) * 1000;
}
