/** Which faults a walk consists of, by the calls of lives without any. */

import { Random } from '../chaos/random.ts';
import { type Call, type Fault, faultOf } from './fault.ts';
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

/** Each of these has cost something once. */
export const KNOWN: readonly Fault[] = [
  'start read node:parent/spool/#.segment EIO 3',
  'steady fsync node:. ENOSPC 1',
  'replacement thread node:thread EAGAIN 1',
  'replacement thread librdkafka:thread EAGAIN 1',
  'replacement open node:module EMFILE 20',
  'replacement readdir node:parent/spool EMFILE 1',
  'replacement fdatasync node:parent/spool/#.segment EIO 1',
  'shutdown close node:parent/spool/owner.lock EIO 1',
].map(faultOf);

/** Of Node and its libraries there are many calls; what the producer does itself comes first. */
const isOwn = ({ place }: Fault): boolean => /:(parent|letters|thread|pipe|eventfd)/.test(place);
const OWN_SHARE = 2 / 3;

/** So many of them, the same with the same seed. */
export function sampleOf(faults: readonly Fault[], size: number, seed: number): Fault[] {
  const shuffled = differentFirst(new Random(seed).shuffled(faults));
  const own = shuffled.filter(isOwn).slice(0, Math.ceil(size * OWN_SHARE));
  const others = shuffled.filter((fault) => !own.includes(fault));
  return [...own, ...others.slice(0, size - own.length)];
}

/** Different calls rather than one call with all its errors. */
function differentFirst(faults: readonly Fault[]): Fault[] {
  const met = new Map<string, number>();
  const ranked = faults.map((fault) => {
    const key = `${fault.phase} ${fault.call} ${fault.place}`;
    const rank = met.get(key) ?? 0;
    met.set(key, rank + 1);
    return { fault, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ fault }) => fault);
}
