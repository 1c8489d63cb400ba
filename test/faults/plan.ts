/** Which faults a walk consists of, by the calls of lives without any. */

import { Random } from '../chaos/random.ts';
import type { Call, Fault } from './fault.ts';
import type { Phase } from './processes/orders.ts';
import { errorsOf } from './table.ts';

/** Of a call that is made less often than this, each one fails; else the first, one in the middle and a late one. */
const FEW = 10;

/** Lives differ: a call counts as often as each of them has made it, and none has made it less often than once. */
export function planOf(lives: readonly (readonly Call[])[]): Fault[] {
  const counts = lives.map(countsOf);
  const keys = new Set(counts.flatMap((count) => [...count.keys()]));
  return [...keys].sort().flatMap((key) => {
    const made = counts.flatMap((count) => count.get(key) ?? []);
    return faultsOf(callOf(key), Math.min(...made));
  });
}

function countsOf(calls: readonly Call[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { phase, call, place } of calls) {
    const key = `${phase} ${call} ${place}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function callOf(key: string): Call {
  const [phase, call = '', place = ''] = key.split(' ');
  return { phase: phase as Phase, call, place };
}

function faultsOf(call: Call, count: number): Fault[] {
  return errorsOf(call).flatMap((error) => occurrences(count).map((nth) => ({ ...call, error, nth })));
}

function occurrences(count: number): number[] {
  if (count < FEW) return Array.from({ length: count }, (_, index) => index + 1);
  return [1, Math.ceil(count / 2), Math.floor(count * 0.9)];
}

/** So many of them, the same with the same seed; different calls rather than one call with all its errors. */
export function sampleOf(faults: readonly Fault[], size: number, seed: number): Fault[] {
  const shuffled = new Random(seed).shuffled(faults);
  const rank = new Map<Fault, number>();
  const met = new Map<string, number>();
  for (const fault of shuffled) {
    const key = `${fault.phase} ${fault.call} ${fault.place}`;
    const times = met.get(key) ?? 0;
    rank.set(fault, times);
    met.set(key, times + 1);
  }
  return shuffled.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)).slice(0, size);
}
