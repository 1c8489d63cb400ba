/**
 * The long tier. Writes its result beside the tests, to be committed: each step says which commit has stood it, when, and
 * on what. Steps that were not run keep what they had.
 *
 *     npm run soak -- [--only STEP]… [--short] [--minutes N] [--seed S]
 *
 * `--short` runs each step with as few rounds as an ordinary test run has, and writes no result. `--minutes` and `--seed` are for the steps that fuzz: each prints its seed.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../bench/table.ts';
import { isUp } from '../brokers/state.ts';
import { down, up } from '../brokers/up-down.ts';
import { REPOSITORY } from '../support/repository.ts';
import { runStep, type StepResult } from './run-step.ts';
import { STEPS, type Step } from './steps.ts';

interface Measured extends StepResult {
  readonly date: string;
  readonly commit: string;
  /** A result of sources that nobody else has is worth little: it says so. */
  readonly clean: boolean;
}

interface Result {
  readonly ok: boolean;
  readonly steps: readonly Measured[];
}

const RESULT = join(REPOSITORY, 'test/soak-result.json');
const SOURCES = [
  'src',
  'test/chaos',
  'test/faults',
  'test/fuzz',
  'test/integration',
  'test/system',
  'test/brokers',
  'test/rabbitmq',
  'test/support',
];
const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** Brokers that were not up before are not afterwards. */
async function onBrokers(step: Step): Promise<StepResult> {
  const { brokers } = step;
  if (brokers === undefined || isUp(brokers)) return runStep(step);
  await up(brokers);
  try {
    return await runStep(step);
  } finally {
    await down(brokers);
  }
}

async function measure(step: Step): Promise<Measured> {
  console.error(`== ${step.name}: ${step.file}`);
  const stamp = {
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    clean: git('status', '--porcelain', '--', ...SOURCES) === '',
  };
  const result = await onBrokers(step);
  for (const failure of result.failures) console.error(failure);
  return { ...result, ...stamp };
}

const passed = (step: StepResult): boolean => step.passed > 0 && step.failed === 0;

/** In the order of the steps; what is no step any more goes. A step that was never run is missing, and that is not ok. */
function merged(measured: readonly Measured[]): Result {
  const before = existsSync(RESULT) ? (JSON.parse(readFileSync(RESULT, 'utf8')) as Result).steps : [];
  const byName = new Map([...before, ...measured].map((step) => [step.name, step]));
  const steps = STEPS.flatMap(({ name }) => byName.get(name) ?? []);
  return { ok: steps.length === STEPS.length && steps.every(passed), steps };
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    short: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    seed: { type: 'string' },
  },
});
const unknown = values.only?.find((name) => !STEPS.some((step) => step.name === name));
if (unknown !== undefined)
  throw new Error(`there is no step '${unknown}': ${STEPS.map(({ name }) => `'${name}'`).join(', ')}`);

/** What was asked of the steps that fuzz. */
function fuzzing({ file }: Step): Step['env'] {
  if (!file.includes('fuzz-')) return {};
  const { minutes, seed } = values;
  return {
    ...(minutes !== undefined && { OUTSPOOL_FUZZ_MINUTES: minutes }),
    ...(seed !== undefined && { OUTSPOOL_FUZZ_SEED: seed }),
  };
}

const measured: Measured[] = [];
for (const step of STEPS.filter(({ name }) => values.only?.includes(name) ?? true)) {
  measured.push(await measure({ ...step, env: { ...(values.short ? {} : step.env), ...fuzzing(step) } }));
  if (!values.short)
    writeFileSync(RESULT, `${JSON.stringify({ node: process.version, ...merged(measured) }, null, 2)}\n`);
}
const rows = measured.map(({ name, passed, failed, seconds }) => [name, `${passed}`, `${failed}`, `${seconds}`]);
console.log(`\n${table([['step', 'passed', 'failed', 'seconds'], ...rows])}\n`);
console.log(JSON.stringify(measured));
process.exitCode = measured.every(passed) ? 0 : 1;
