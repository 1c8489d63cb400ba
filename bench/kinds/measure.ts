/** Runs outspool and the other client in turns, so that what disturbs the machine disturbs both, and takes medians. */

import { loadavg } from 'node:os';
import type { KindOptions } from './options.ts';
import { type RunFigures, runOnce } from './run-once.ts';
import type { Work } from './work.ts';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Spreads = Readonly<Record<keyof RunFigures, Spread>>;

export interface Measured {
  readonly work: Work;
  readonly messages: number;
  readonly sides: Readonly<Record<string, Spreads>>;
  /** Medians of outspool divided by those of the other client. */
  readonly ratios: Readonly<Record<keyof RunFigures, number>>;
  /** Load average of the last minute, before and after. */
  readonly load: readonly [number, number];
}

const FIGURES = ['perSecond', 'cpuMicros', 'mainCpuMicros'] as const;
const loadNow = () => loadavg()[0] as number;

export async function measure(work: Work, { rounds, scale }: KindOptions): Promise<Measured> {
  const messages = Math.round((work.messages * scale) / work.perRequest) * work.perRequest;
  const before = loadNow();
  const [ours, theirs]: [RunFigures[], RunFigures[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await runOnce(work, 'outspool', messages));
    theirs.push(await runOnce(work, work.peer, messages));
  }
  const sides = { outspool: spreadsOf(ours), [work.peer]: spreadsOf(theirs) };
  return { work, messages, sides, ratios: ratiosOf(spreadsOf(ours), spreadsOf(theirs)), load: [before, loadNow()] };
}

const each = <T>(make: (name: keyof RunFigures) => T) =>
  Object.fromEntries(FIGURES.map((name) => [name, make(name)])) as Record<keyof RunFigures, T>;

const spreadsOf = (runs: readonly RunFigures[]): Spreads => each((name) => spreadOf(runs.map((run) => run[name])));

const ratiosOf = (ours: Spreads, theirs: Spreads) => each((name) => ours[name].median / theirs[name].median);

function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number };
}
