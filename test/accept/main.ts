/**
 * The limits that the project promises to hold, measured: one row each, JSON on the last line, exit code 1 when one is
 * broken. Run it on a machine that does nothing else.
 *
 *     npm run accept -- [--rounds N] [--fresh] [--only NAME]
 */

import { parseArgs } from 'node:util';
import { table } from '../../bench/table.ts';
import { deadlines } from './deadlines.ts';
import { firstLine } from './first-line.ts';
import { heap } from './heap.ts';
import { kafkaDriver } from './kafka-driver.ts';
import { listener } from './listener.ts';
import { millionMessages } from './million-messages.ts';
import type { Check, Row } from './row.ts';
import { sendLatency } from './send-latency.ts';
import { shutdown } from './shutdown.ts';
import { spoolOutage, spoolRestart, spoolThroughput } from './spool.ts';
import { fresh, start } from './start.ts';
import { waiters } from './waiters.ts';
import { waitsCost } from './waits-cost.ts';

const CHECKS: Readonly<Record<string, Check>> = {
  bench: millionMessages,
  spool: spoolThroughput,
  restart: spoolRestart,
  outage: spoolOutage,
  send: sendLatency,
  log: firstLine,
  driver: kafkaDriver,
  listener,
  waiters,
  'waits cost': waitsCost,
  deadlines,
  heap,
  start,
  shutdown,
  fresh,
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    fresh: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
});

const verdict = ({ ok, skipped }: Row) => (skipped ? `skipped: ${skipped}` : ok ? 'ok' : 'BROKEN');

const rows: Row[] = [];
for (const [name, check] of Object.entries(CHECKS)) {
  if (values.only !== undefined && !values.only.includes(name)) continue;
  console.error(`== ${name}`);
  rows.push(...(await check({ rounds: Number(values.rounds), fresh: values.fresh }, console.error)));
}
if (rows.length === 0) throw new Error(`--only: one of ${Object.keys(CHECKS).join(', ')}`);
const ok = rows.every((row) => row.ok);
const header = ['check', 'limit', 'figure', 'ok'];
console.log(`\n${table([header, ...rows.map((row) => [row.name, row.limit, row.figure, verdict(row)])])}\n`);
console.log(JSON.stringify({ ok, rows }));
process.exitCode = ok ? 0 : 1;
