/** Measures kinds against the client that a user would take instead. */

import { table } from '../table.ts';
import { type Measured, measure, type Spread } from './measure.ts';
import type { KindOptions } from './options.ts';

const DIGITS = 1;
const HEAD = ['', 'messages/s', 'CPU µs a message', "caller's µs a message"];

export async function measureKinds(options: KindOptions): Promise<void> {
  const results: Measured[] = [];
  for (const work of options.only) {
    const result = await measure(work, options);
    results.push(result);
    if (!options.json) console.log(`${report(result, options)}\n`);
  }
  if (options.json) console.log(JSON.stringify({ rounds: options.rounds, results }, undefined, 2));
}

function report({ work, messages, sides, ratios, load }: Measured, { rounds }: KindOptions): string {
  const rows = Object.entries(sides).map(([side, { perSecond, cpuMicros, mainCpuMicros }]) => [
    side,
    cell(perSecond, 0),
    cell(cpuMicros, DIGITS),
    cell(mainCpuMicros, DIGITS),
  ]);
  const ratio = ['ratio', ...[ratios.perSecond, ratios.cpuMicros, ratios.mainCpuMicros].map((one) => one.toFixed(2))];
  const title = `${work.title}: ${messages} messages of ${work.bytes} bytes × ${rounds}, load ${load.map((one) => one.toFixed(1)).join(' to ')}`;
  return `${title}\n${table([HEAD, ...rows, ratio])}`;
}

const cell = ({ median, min, max }: Spread, digits: number) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
