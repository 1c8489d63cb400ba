/** Runs both sides in turns, so that whatever disturbs the machine disturbs both, and takes medians. */

import type { BenchOptions } from './options.ts';
import { type Figures, runSide, type Side } from './run-side.ts';

export interface Comparison {
  readonly options: BenchOptions;
  readonly sides: readonly [Side, Side];
  readonly medians: readonly [Figures, Figures];
  readonly runs: readonly (readonly [Figures, Figures])[];
  /** The first side's figures over the second's. */
  readonly ratios: { readonly throughput: number; readonly delayP99: number; readonly mainCpu: number };
}

export async function compare(options: BenchOptions, progress: (text: string) => void): Promise<Comparison> {
  const sides = sidesOf(options);
  const runs: [Figures, Figures][] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const [ours, theirs] = [await runSide(sides[0], options), await runSide(sides[1], options)];
    runs.push([ours, theirs]);
    progress(`round ${round}: ${sides[0]} ${ours.perSecond} messages/s, ${sides[1]} ${theirs.perSecond} messages/s`);
  }
  const medians = [medianOf(runs.map(([ours]) => ours)), medianOf(runs.map(([, theirs]) => theirs))] as const;
  return { options, sides, medians, runs, ratios: ratiosOf(medians) };
}

function sidesOf({ driver, spool, metrics }: BenchOptions): readonly [Side, Side] {
  if (spool) return ['outspool with a spool', 'outspool'];
  if (metrics) return ['outspool with metrics', 'outspool'];
  return [driver ? 'driver' : 'outspool', 'node-rdkafka'];
}

function ratiosOf([ours, theirs]: readonly [Figures, Figures]): Comparison['ratios'] {
  return {
    throughput: ours.perSecond / theirs.perSecond,
    delayP99: ours.delayP99Ms / theirs.delayP99Ms,
    mainCpu: ours.mainCpuMicros / theirs.mainCpuMicros,
  };
}

export function medianOf(figures: readonly Figures[]): Figures {
  const names = Object.keys(figures[0] as Figures) as (keyof Figures)[];
  return Object.fromEntries(names.map((name) => [name, median(figures.map((one) => one[name]))])) as unknown as Figures;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
