/** What becomes of one mutant. */

import { basename, dirname } from 'node:path';
import type { Measured } from './coverage.ts';
import { type Mutant, mutated } from './mutants.ts';
import { runTests } from './run-tests.ts';
import { replaced } from './tree.ts';

/** `not reached`: no test executes it, so it survives. */
export type Verdict = 'killed' | 'timed out' | 'survived' | 'not reached';

export interface Trial {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  /** The test files that ran, the closest first. */
  readonly tests: readonly string[];
}

/** What the more distant tests of one mutant may take together, unmutated, each in a process of its own. */
const BUDGET_MS = 60_000;
/** The first ones find most, and few are loaded sooner. */
const FIRST = 3;

export const survives = ({ verdict }: Trial): boolean => verdict === 'survived' || verdict === 'not reached';

export async function tryMutant(
  tree: string,
  text: string,
  mutant: Mutant,
  measured: readonly Measured[],
): Promise<Trial> {
  const chosen = choose(mutant, measured);
  const tests = chosen.map(({ test }) => test);
  if (chosen.length === 0) return { mutant, verdict: 'not reached', tests };
  const parts = [chosen.slice(0, FIRST), chosen.slice(FIRST)].filter((part) => part.length > 0);
  return replaced(tree, mutant.emitted, mutated(text, mutant), async () => {
    for (const part of parts) {
      const verdict = await verdictOf(tree, part);
      if (verdict !== 'survived') return { mutant, verdict, tests };
    }
    return { mutant, verdict: 'survived', tests };
  });
}

async function verdictOf(tree: string, part: readonly Measured[]): Promise<Verdict> {
  const limitMs = 3 * sum(part) + 5000;
  const { outcome } = await runTests(tree, { tests: part.map(({ test }) => test), limitMs });
  if (outcome === 'passed') return 'survived';
  return outcome === 'failed' ? 'killed' : 'timed out';
}

const sum = (part: readonly Measured[]): number => part.reduce((total, { ms }) => total + ms, 0);

/** Those that reach it: all of its own file and folder, then others, the fastest first, as many as the budget allows. */
function choose(mutant: Mutant, measured: readonly Measured[]): Measured[] {
  const reaching = measured.filter(({ reached }) => reached.has(mutant)).sort((a, b) => a.ms - b.ms);
  const [own, beside, distant] = [0, 1, 2].map((wanted) =>
    reaching.filter(({ test }) => distanceOf(test, mutant.file) === wanted),
  ) as [Measured[], Measured[], Measured[]];
  const affordable = distant.filter((_, index) => sum(distant.slice(0, index + 1)) <= BUDGET_MS);
  const near = [...own, ...beside];
  return [...near, ...(near.length === 0 && affordable.length === 0 ? distant.slice(0, 1) : affordable)];
}

/** Test files and folders have the names of what they test. */
function distanceOf(test: string, file: string): 0 | 1 | 2 {
  if (basename(test) === `${basename(file, '.ts')}.test.js`) return 0;
  return basename(dirname(test)) === basename(dirname(file)) ? 1 : 2;
}
