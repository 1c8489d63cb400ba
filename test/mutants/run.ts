/** A run: all mutants, a sample of them, what the tests reach, and each of the sample tried. */

import { join } from 'node:path';
import { type Measured, measure } from './coverage.ts';
import { type Equivalent, isListed, staleAmong } from './equivalent.ts';
import { type Emitted, type Mutant, mutantsOf } from './mutants.ts';
import { sample } from './sample.ts';
import { copyTree, emittedSources, fastTests, workFolder } from './tree.ts';
import { survives, type Trial, tryMutant } from './trial.ts';

export interface RunOptions {
  readonly count: number;
  readonly seed: number;
  /** How many are tried at once. */
  readonly jobs: number;
  /** Only files that begin so; all that the fast tier is for when there are none. */
  readonly only: readonly string[];
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly trials: readonly Trial[];
  /** Entries of the list of equivalents that fit nothing. */
  readonly stale: readonly Equivalent[];
  /** Those that a test has found all the same. */
  readonly wronglyListed: readonly Mutant[];
}

/** Code for the slower tests: commands are run as processes, and what testers get runs in test/contract. */
const NOT_FAST = ['src/cli/', 'src/testing/'];

const SAY_EVERY = 20;

export async function mutationRun(
  repository: string,
  equivalents: readonly Equivalent[],
  options: RunOptions,
): Promise<RunResult> {
  const folder = workFolder();
  const sources = emittedSources(repository, folder).filter(({ file }) => isWanted(file, options.only));
  const all = sources.flatMap(mutantsOf);
  const picked = sample(all, options.count, options.seed);
  options.say(`${picked.length} of ${all.length} mutants in ${sources.length} files`);
  const trees = Array.from({ length: options.jobs }, (_, job) => copyTree(repository, join(folder, `tree-${job}`)));
  const trials = await tryAll(trees, sources, picked, options.say);
  const counted = trials.filter((trial) => !(isListed(trial.mutant, equivalents) && survives(trial)));
  const wronglyListed = trials.filter((trial) => isListed(trial.mutant, equivalents) && !survives(trial));
  const inScope = equivalents.filter(({ file }) => isWanted(file, options.only));
  return { trials: counted, stale: staleAmong(inScope, all), wronglyListed: wronglyListed.map(({ mutant }) => mutant) };
}

const isWanted = (file: string, only: readonly string[]): boolean =>
  only.length === 0 ? !NOT_FAST.some((folder) => file.startsWith(folder)) : only.some((path) => file.startsWith(path));

async function tryAll(
  trees: readonly string[],
  sources: readonly Emitted[],
  mutants: readonly Mutant[],
  say: (line: string) => void,
): Promise<Trial[]> {
  const measured = await measureAll(trees, mutants, say);
  const texts = new Map(sources.map(({ emitted, text }) => [emitted, text]));
  let survived = 0;
  return each(trees, mutants, async (tree, mutant, done) => {
    const trial = await tryMutant(tree, texts.get(mutant.emitted) ?? '', mutant, measured);
    if (survives(trial)) survived++;
    if ((done + 1) % SAY_EVERY === 0) say(`${done + 1} of ${mutants.length} begun, ${survived} survived so far`);
    return trial;
  });
}

/** A test that fails without a mutant says nothing about any. */
async function measureAll(
  trees: readonly string[],
  mutants: readonly Mutant[],
  say: (line: string) => void,
): Promise<Measured[]> {
  const tests = fastTests(trees[0] as string);
  say(`${tests.length} test files, first without a mutant`);
  const measured = await each(trees, tests, (tree, test) => measure(tree, test, mutants));
  for (const { test } of measured.filter(({ passes }) => !passes))
    say(`left out, as it fails without a mutant: ${test}`);
  return measured.filter(({ passes }) => passes);
}

/** Does the work for each item, at once as many as there are trees; the results are in the order of the items. */
async function each<T, R>(
  trees: readonly string[],
  items: readonly T[],
  work: (tree: string, item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (tree: string): Promise<void> => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(tree, items[index] as T, index);
  };
  await Promise.all(trees.map(worker));
  return results;
}
