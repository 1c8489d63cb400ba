/** Judges a run: what the producer said of each message against what an independent consumer has read. */

import type { Delivery, Journal } from './journal.ts';
import { isPoison, type Plan, placeOf } from './plan.ts';

/** One record, in the order in which its partition holds it. */
export interface Reading {
  readonly topic: string;
  readonly partition: number;
  readonly id: number;
}

export interface Figures {
  readonly accepted: number;
  /** By the producer's reports. */
  readonly delivered: number;
  readonly deadLetters: number;
  /** Neither delivered nor refused when the producer ended. */
  readonly unsettled: number;
  /** Reported as delivered, and not in the topic. */
  readonly lost: number;
  /** Records beyond the first of their number. */
  readonly duplicates: number;
  /** First occurrences behind a later message of the same key, or of the same partition. */
  readonly outOfOrder: { readonly perKey: number; readonly perPartition: number };
  /** Good messages that were refused. */
  readonly innocents: number;
}

/** Which deliveries must be found: what a deleted topic held cannot be. */
export type MustArrive = (delivery: Delivery) => boolean;

export function figuresOf(
  journal: Journal,
  readings: readonly Reading[],
  plan: Plan,
  mustArrive: MustArrive = () => true,
): Figures {
  const { accepted, delivered, refused } = journal;
  const first = firstOccurrences(readings);
  const settled = (id: number) => delivered.has(id) || refused.has(id);
  return {
    accepted: accepted.size,
    delivered: delivered.size,
    deadLetters: refused.size,
    unsettled: count(accepted.keys(), (id) => !settled(id)),
    lost: lostOf(journal, readings, mustArrive).length,
    duplicates: readings.length - first.length,
    outOfOrder: {
      perKey: goingBack(first, ({ topic, partition, id }) => `${topic} ${partition} ${placeOf(plan, id).key}`),
      perPartition: goingBack(first, ({ topic, partition }) => `${topic} ${partition}`),
    },
    innocents: count(refused.keys(), (id) => !isPoison(plan, id)),
  };
}

/** Those that were reported as delivered and have not arrived. */
export function lostOf({ delivered }: Journal, readings: readonly Reading[], mustArrive: MustArrive): Delivery[] {
  const arrived = new Set(readings.map(({ id }) => id));
  return [...delivered].flatMap(([id, delivery]) => (mustArrive(delivery) && !arrived.has(id) ? [delivery] : []));
}

function firstOccurrences(readings: readonly Reading[]): Reading[] {
  const seen = new Set<number>();
  return readings.filter(({ id }) => !seen.has(id) && seen.add(id));
}

function goingBack(readings: readonly Reading[], lane: (reading: Reading) => string): number {
  const highest = new Map<string, number>();
  return count(readings, (reading) => {
    const name = lane(reading);
    const before = highest.get(name) ?? -1;
    highest.set(name, Math.max(before, reading.id));
    return reading.id < before;
  });
}

export function count<T>(items: Iterable<T>, fits: (item: T) => boolean): number {
  let found = 0;
  for (const item of items) if (fits(item)) found++;
  return found;
}
