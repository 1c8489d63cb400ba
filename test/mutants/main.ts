/** `npm run mutants`: breaks the sources in many small ways, and says which of them no fast test notices. */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { REPOSITORY } from '../support/repository.ts';
import { readEquivalents } from './equivalent.ts';
import { asJson, placeOf, survivorsOf, tableOf } from './report.ts';
import { mutationRun } from './run.ts';

const USAGE = `usage: npm run mutants -- [--count 400] [--seed 1] [--only PATH]… [--jobs 2] [--json FILE]`;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: 'count' | 'seed' | 'jobs'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: expected a whole number, got ${values[name]}\n${USAGE}`);
  process.exit(64);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
if (values.help) console.log(USAGE);
else await run();

async function run(): Promise<void> {
  const seed = whole('seed');
  const options = { count: whole('count'), seed, jobs: Math.max(1, whole('jobs')), only: values.only };
  const say = (line: string) => console.error(line);
  const { trials, stale, wronglyListed } = await mutationRun(REPOSITORY, readEquivalents(REPOSITORY), {
    ...options,
    say,
  });
  console.log(`${survivorsOf(trials)}\n\n${tableOf(trials)}`);
  for (const entry of stale) console.log(`equivalent.json: no such mutant any more: ${entry.file}  ${entry.code}`);
  for (const mutant of wronglyListed) console.log(`equivalent.json: is not equivalent: ${placeOf(mutant)}`);
  if (values.json !== undefined) writeFileSync(values.json, asJson(seed, trials));
  process.exitCode = stale.length + wronglyListed.length > 0 ? 1 : 0;
}
