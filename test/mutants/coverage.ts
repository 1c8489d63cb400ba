/** Which tests execute a place of the sources at all, as V8 counts it: no other test can find a mutant there. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutant } from './mutants.ts';
import { runTests } from './run-tests.ts';

/** From the start of a function or block to its end, and how often it ran. */
interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Report {
  readonly result: ReadonlyArray<{ readonly url: string; readonly functions: readonly Covered[] }>;
}

interface Covered {
  readonly ranges: readonly Range[];
}

/** One test file, when nothing is wrong. */
export interface Measured {
  readonly test: string;
  readonly passes: boolean;
  readonly ms: number;
  /** Those that it may find. */
  readonly reached: ReadonlySet<Mutant>;
}

const LIMIT_MS = 180_000;

export async function measure(tree: string, test: string, mutants: readonly Mutant[]): Promise<Measured> {
  const folder = join(tree, 'coverage');
  const env = { NODE_V8_COVERAGE: folder };
  const { outcome, ms } = await runTests(tree, { tests: [test], limitMs: LIMIT_MS, env });
  const reached = new Set(readdirSync(folder).flatMap((name) => reachedIn(tree, join(folder, name), mutants)));
  rmSync(folder, { recursive: true });
  return { test, passes: outcome === 'passed', ms, reached };
}

/** Each process and each thread has written a report. */
function reachedIn(tree: string, report: string, mutants: readonly Mutant[]): Mutant[] {
  const { result } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const scripts = new Map(result.map(({ url, functions }) => [url, functions.flatMap(({ ranges }) => ranges)]));
  return mutants.filter(({ emitted, start }) =>
    hasRun(scripts.get(pathToFileURL(join(tree, emitted)).href) ?? [], start),
  );
}

/** The smallest range around a place says how often that ran. */
function hasRun(ranges: readonly Range[], at: number): boolean {
  const around = ranges.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset);
  const size = ({ startOffset, endOffset }: Range) => endOffset - startOffset;
  const [smallest] = around.sort((a, b) => size(a) - size(b));
  return (smallest?.count ?? 0) > 0;
}
