/**
 * What metrics and traces cost: outspool without them and with each of them, in turns, each in a fresh process with a fresh broker. Every
 * round begins with another side, so that what disturbs the machine disturbs all of them. The ratios of the medians are the result.
 *
 *     npm run build:all && node build/bench/telemetry.js [--messages N] [--rounds N] [--bytes N] [--rate N]
 */

import { loadavg } from 'node:os';
import { medianOf } from './compare.ts';
import { parseOptions } from './options.ts';
import { type Figures, runSide, type Side } from './run-side.ts';
import { table } from './table.ts';

const SIDES: readonly Side[] = [
  'outspool',
  'outspool with metrics',
  'OpenTelemetry metrics',
  'OpenTelemetry without an SDK',
  'traces, none sampled',
  'traces, 1 % sampled',
  'traces, all sampled',
];

const options = parseOptions(process.argv.slice(2));
const runs = new Map<Side, Figures[]>(SIDES.map((side) => [side, []]));
for (let round = 0; round < options.rounds; round++)
  for (let turn = 0; turn < SIDES.length; turn++) {
    const side = SIDES[(round + turn) % SIDES.length] as Side;
    runs.get(side)?.push(await runSide(side, options));
  }

const medians = SIDES.map((side) => [side, medianOf(runs.get(side) as Figures[])] as const);
const [[, without]] = medians as [readonly [Side, Figures]];
const rows = medians.map(([side, figures]) => [
  side,
  figures.perSecond.toFixed(0),
  (figures.perSecond / without.perSecond).toFixed(2),
  figures.mainCpuMicros.toFixed(2),
  (figures.mainCpuMicros / without.mainCpuMicros).toFixed(2),
  (figures.cpuMicros / without.cpuMicros).toFixed(2),
]);
const heads = ['medians', 'messages/s', 'ratio', 'µs on the main thread', 'ratio', 'ratio of all CPU'];
const load = loadavg().map((one) => one.toFixed(1));
console.log(`${options.messages} messages of ${options.bytes} bytes × ${options.rounds}, load ${load.join(' ')}`);
console.log(table([heads, ...rows]));
