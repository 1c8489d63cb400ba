/** `npm run faults`: the last line of stdout is the result as JSON. */

import { parseArgs } from 'node:util';
import { type Fault, faultOf, textOf } from './fault.ts';
import { sampleOf } from './plan.ts';
import { missing } from './shim.ts';
import { describe, figuresOf, record, type Step, walk } from './walk.ts';
import { World } from './world.ts';

const USAGE = `usage: npm run faults -- [--sample N] [--seed S] [--phase PHASE] [--only 'FAULT']… [--jobs 3] [--list]`;

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    phase: { type: 'string' },
    only: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '3' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function chosen(world: World): Promise<Fault[]> {
  if (values.only !== undefined) return values.only.map(faultOf);
  const faults = (await record(world)).filter(({ phase }) => phase === (values.phase ?? phase));
  return values.sample === undefined ? faults : sampleOf(faults, Number(values.sample), Number(values.seed));
}

function tell(step: Step): void {
  if (step.complaints.length > 0) console.log(describe(step));
  else if (!step.reached) console.log(`${textOf(step.fault)}\n  not reached`);
}

async function run(): Promise<void> {
  const begin = performance.now();
  await using world = await World.create();
  const faults = await chosen(world);
  console.error(`${faults.length} faults`);
  if (values.list) return console.log(faults.map(textOf).join('\n'));
  const steps = await walk(world, faults, { jobs: Number(values.jobs), onStep: tell });
  console.log(JSON.stringify(figuresOf(steps, Math.round((performance.now() - begin) / 1000))));
  process.exitCode = steps.some(({ complaints }) => complaints.length > 0) ? 1 : 0;
}

const why = missing();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
if (values.help) console.log(USAGE);
else if (why !== undefined) console.log(`skipped: ${why}`);
else await run();
