/**
 * Prints how fast poison is found and what it costs in time, against limits; exit code 1 when one is broken. Run it on a machine
 * that does nothing else.
 *
 *     npm run poison -- [--kind KIND]…
 */

import { parseArgs } from 'node:util';
import { table } from '../../../../bench/table.ts';
import { isUp } from '../../state.ts';
import { down, up } from '../../up-down.ts';
import { KIND_NAMES } from '../kinds.ts';
import { rates } from './rates.ts';

const { values } = parseArgs({ options: { kind: { type: 'string', multiple: true } } });
const kinds = KIND_NAMES.filter((kind) => values.kind?.includes(kind) ?? true);
if (kinds.length === 0) throw new Error(`--kind: one of ${KIND_NAMES.join(', ')}`);

const wasUp = isUp('cluster');
await up('cluster');
try {
  const rows = await rates(kinds, console.error);
  const lines = rows.map(({ name, limit, figure, ok }) => [name, limit, figure, ok ? 'ok' : 'BROKEN']);
  console.log(`\n${table([['check', 'limit', 'figure', 'ok'], ...lines])}\n`);
  console.log(JSON.stringify(rows));
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
} finally {
  if (!wasUp) await down('cluster');
}
