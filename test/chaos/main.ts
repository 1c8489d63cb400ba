/** `npm run chaos`: the last line of stdout is the result as JSON. */

import { parseArgs } from 'node:util';
import { table } from '../../bench/table.ts';
import { type ChaosResult, chaos } from './chaos.ts';
import { MUTANTS, type MutantName } from './snapshot.ts';

const USAGE = `usage: npm run chaos -- [--rounds 20] [--seed 1] [--broker embedded|apache] [--mutant NAME] [--json]
mutants: ${Object.keys(MUTANTS).join(' · ')}`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    broker: { type: 'string', default: 'embedded' },
    mutant: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: 'rounds' | 'seed'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0) refuse(`--${name}: expected a whole number, got ${values[name]}`);
  return value;
}

function refuse(why: string): never {
  console.error(`${why}\n${USAGE}`);
  process.exit(64);
}

const { broker, mutant, json } = values;
if (broker !== 'embedded' && broker !== 'apache') refuse(`--broker: expected embedded or apache, got ${broker}`);
if (mutant !== undefined && !(mutant in MUTANTS)) refuse(`--mutant: there is no '${mutant}'`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
if (values.help) console.log(USAGE);
else await run();

async function run(): Promise<void> {
  const options = { rounds: whole('rounds'), seed: whole('seed'), mutant: mutant as MutantName | undefined };
  const result = await chaos({ ...options, broker: broker as 'embedded', say: (line) => console.error(line) });
  if (!json) console.log(tables(result));
  console.log(JSON.stringify(result));
  process.exitCode = result.ok ? 0 : 1;
}

function tables({ points, disturbances, causes }: ChaosResult): string {
  const rows = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([name, count]) => [name, String(count)]);
  return [
    table([['killed in', 'rounds'], ...rows(points)]),
    table([['disturbed by', 'rounds'], ...rows(disturbances)]),
    table([['duplicates because', 'messages'], ...rows(causes)]),
  ].join('\n\n');
}
