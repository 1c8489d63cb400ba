/** The long tier. Writes its result beside the tests, to be committed: which commit has stood it, when, and on what. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from '../../bench/table.ts';
import { isUp } from '../brokers/state.ts';
import { down, up } from '../brokers/up-down.ts';
import { runStep, type StepResult } from './run-step.ts';
import { STEPS, type Step } from './steps.ts';

const RESULT = fileURLToPath(new URL('../soak-result.json', import.meta.url));
const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
const date = new Date().toISOString();
const commit = git('rev-parse', 'HEAD');
/** A result of sources that nobody else has is worth little: it says so. */
const clean =
  git('status', '--porcelain', '--', 'src', 'test/chaos', 'test/integration', 'test/brokers', 'test/support') === '';

const steps: StepResult[] = [];
for (const step of STEPS) {
  console.error(`== ${step.name}: ${step.file}`);
  const result = await onBrokers(step);
  for (const failure of result.failures) console.error(failure);
  steps.push(result);
}

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

const ok = steps.every(({ passed, failed }) => passed > 0 && failed === 0);
const result = {
  ok,
  date,
  commit,
  clean,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  steps,
};
writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
const rows = steps.map(({ name, passed, failed, seconds }) => [name, `${passed}`, `${failed}`, `${seconds}`]);
console.log(`\n${table([['step', 'passed', 'failed', 'seconds'], ...rows])}\n`);
console.log(JSON.stringify(result));
process.exitCode = ok ? 0 : 1;
