/**
 * The day-2 table: what happens to a cluster on ordinary days, and what it costs each kind of producer. Runs rows one after the
 * other on three brokers, keeps each result in a file, and writes the table into docs/kinds/kafka.md. Exit code 1 when a row breaks
 * what it promises.
 *
 *     npm run day2 -- [--only PART-OF-A-NAME]… [--kind KIND]… [--list] [--table]
 *
 * `--kind` runs only these, and keeps no result.
 * `--table` writes the document from what the result file has, and runs nothing.
 */

import { parseArgs } from 'node:util';
import { isUp } from '../state.ts';
import { down, up } from '../up-down.ts';
import { runRow } from './engine.ts';
import { withoutJavac } from './java-programs.ts';
import type { Kind } from './kinds.ts';
import { describe } from './lines.ts';
import { writeTable } from './markdown.ts';
import { keep, kept, resultOf } from './results.ts';
import type { Row } from './row.ts';
import { ROWS } from './rows/index.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    kind: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});

const wanted = ROWS.filter(({ name }) => values.only?.some((part) => name.includes(part)) ?? true);
if (wanted.length === 0) throw new Error(`--only: a part of one of\n${ROWS.map(({ name }) => name).join('\n')}`);

async function run(row: Row): Promise<boolean> {
  const missing = withoutJavac();
  if (row.needsJava && missing) {
    console.error(`skipped: ${row.name}: ${missing}`);
    return true;
  }
  console.error(`== ${row.name}`);
  const kinds = values.kind as Kind[] | undefined;
  const result = resultOf(row, await runRow(kinds ? { ...row, kinds } : row));
  for (const text of describe(result)) console.error(text);
  if (kinds === undefined) keep(result);
  return result.breaches.length === 0;
}

/** Brokers that a row has left down are mended before the next one; one that fails does not end the others. */
async function runAll(): Promise<boolean> {
  const wasUp = isUp('cluster');
  let ok = true;
  for (const row of wanted) {
    await up('cluster');
    ok = (await run(row).catch(failed)) && ok;
  }
  if (!wasUp) await down('cluster');
  return ok;
}

function failed(error: unknown): boolean {
  console.error('the row could not be run:', error);
  return false;
}

if (values.list) for (const { name } of wanted) console.log(name);
else {
  if (withoutJavac()) console.error(`without the Java producer: ${withoutJavac()}`);
  const ok = values.table || (await runAll());
  if (values.kind === undefined) writeTable(kept());
  process.exitCode = ok ? 0 : 1;
}
