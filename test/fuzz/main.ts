/**
 * Sends mutated bytes to producers and to the HTTP source.
 *
 *     node build/test/fuzz/main.js WIRE [--minutes N] [--seed S] [--round R]
 */

import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { WIRES } from './wires/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    round: { type: 'string' },
  },
});
const wire = WIRES.find(({ name }) => name === positionals[0]);
if (wire === undefined) throw new Error(`name a wire: ${WIRES.map(({ name }) => name).join(', ')}`);
const round = values.round === undefined ? {} : { round: Number(values.round) };
const plan = { seed: Number(values.seed), minutes: Number(values.minutes), ...round };
console.error(`${wire.name}: seed ${plan.seed}`);
const verdict = await fuzz(wire, plan);
console.log(JSON.stringify({ seed: plan.seed, ...verdict }, undefined, 1));
process.exit(verdict.findings.length === 0 ? 0 : 1);
