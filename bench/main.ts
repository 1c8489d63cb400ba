/**
 * outspool against node-rdkafka on the main thread: same messages, same properties, same pattern of producing, a fresh
 * broker and a fresh process for each run. Absolute figures say more about the machine; the ratios are the result.
 *
 *     npm run bench -- [--bytes 1024] [--messages N] [--rounds N] [--linger MS] [--rate N] [--driver | --spool | --metrics]
 *
 * With `--only`, other kinds against the client that a user would take instead (bench/kinds).
 *
 *     npm run bench -- --only http [--quick] [--rounds N] [--json]
 */

import { type Comparison, compare } from './compare.ts';
import { measureKinds } from './kinds/main.ts';
import { namesKinds, parseKindOptions } from './kinds/options.ts';
import { parseOptions } from './options.ts';
import type { Figures } from './run-side.ts';
import { table } from './table.ts';

const ROWS: ReadonlyArray<readonly [string, keyof Figures, number]> = [
  ['messages/s, until all are confirmed', 'perSecond', 0],
  ['event-loop delay p50, ms', 'delayP50Ms', 2],
  ['event-loop delay p99, ms', 'delayP99Ms', 2],
  ['event-loop delay max, ms', 'delayMaxMs', 2],
  ['anonymous memory max, MB', 'rssAnonMb', 0],
  ['CPU a message, µs', 'cpuMicros', 2],
  ['CPU a message on the main thread, µs', 'mainCpuMicros', 2],
  ['event-loop utilization', 'loopUtilization', 2],
  ['accepted', 'accepted', 0],
  ['delivered', 'delivered', 0],
];

function report({ sides, medians: [ours, theirs] }: Comparison): string {
  const rows = ROWS.map(([label, name, digits]) => {
    const ratio = (ours[name] / theirs[name]).toFixed(2);
    return [label, ours[name].toFixed(digits), theirs[name].toFixed(digits), ratio];
  });
  return table([['medians', ...sides, 'ratio'], ...rows]);
}

async function compareKafka(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  console.log(
    `${options.messages} messages of ${options.bytes} bytes, linger ${options.linger} ms, × ${options.rounds}`,
  );
  const comparison = await compare(options, console.log);
  console.log(`\n${report(comparison)}\n`);
  console.log(JSON.stringify(comparison));
}

const args = process.argv.slice(2);
if (namesKinds(args)) await measureKinds(parseKindOptions(args));
else await compareKafka(args);
