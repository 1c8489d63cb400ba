/** `produce spool ls`: lists spools, their contents and their owners. */

import { readDefinitions } from '../configuration.ts';
import { counted, result, say } from '../output.ts';
import { EXIT, type ExitCode, errorLines, worst } from '../process/exit.ts';
import { type Column, table } from '../table.ts';
import { spoolsOf } from './configured.ts';
import { isSpoolThere, lossesOf, openView, sayLosses } from './views.ts';

export interface ListOptions {
  /** @default the spools that the configuration names */
  readonly directories: readonly string[];
  readonly config: string;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

interface Row {
  readonly directory: string;
  readonly producer: string | null;
  readonly pending: number;
  readonly bytes: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly owner: string | null;
  readonly lost: number;
  /** Damaged files that an owner has put aside. */
  readonly putAside: readonly string[];
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'spool', cell: ({ directory }) => directory, align: 'left' },
  { title: 'producer', cell: ({ producer }) => producer ?? '-', align: 'left' },
  { title: 'pending', cell: ({ pending }) => pending },
  { title: 'bytes', cell: ({ bytes }) => bytes },
  { title: 'oldest', cell: ({ oldest }) => oldest ?? '-' },
  { title: 'newest', cell: ({ newest }) => newest ?? '-' },
  { title: 'owner', cell: ({ owner }) => owner ?? '-', align: 'left' },
];

interface Named {
  readonly directory: string;
  readonly producer: string | null;
}

/** The result of a run that failed before it had one. */
export const NO_SPOOLS = { spools: [] };

export async function list({ directories, config, json, signal }: ListOptions): Promise<ExitCode> {
  const named = directories.length > 0 ? directories.map(unowned) : await configured(config, signal);
  if (named.length === 0) say(`${config}: no producer has a spool`);
  const rows: Row[] = [];
  const codes: ExitCode[] = [];
  for (const one of named) {
    const row = await rowOf(one, directories.length > 0).catch((error) => errorLines(error).join(' '));
    if (typeof row === 'string') say(row);
    else rows.push(row);
    codes.push(typeof row === 'string' ? EXIT.usage : row.lost > 0 ? EXIT.undelivered : EXIT.delivered);
  }
  if (rows.length > 0) say(table(COLUMNS, rows));
  const code = worst(codes);
  if (json) result({ ok: code === EXIT.delivered, spools: rows });
  return code;
}

const unowned = (directory: string): Named => ({ directory, producer: null });

async function configured(config: string, signal: AbortSignal): Promise<Named[]> {
  const spools = spoolsOf(await readDefinitions(config, signal));
  return spools.map(({ directory, name }) => ({ directory, producer: name }));
}

/** Returns a row. `asked`: the command line names the directory. A spool of the configuration may not exist yet. */
async function rowOf({ directory, producer }: Named, asked: boolean): Promise<Row> {
  const none = { pending: 0, bytes: 0, oldest: null, newest: null, owner: null, lost: 0, putAside: [] };
  if (!asked && !isSpoolThere(directory)) return { directory, producer, ...none };
  const view = openView(directory);
  const runs = [...view.pendingRuns()];
  const lost = sayLosses(await lossesOf(view));
  const { pending, bytes, owner = null, putAside } = view;
  if (putAside.length > 0) say(`${directory}: ${counted(putAside.length, 'damaged file')} renamed earlier`);
  const oldest = runs.at(0)?.[0] ?? null;
  const newest = runs.at(-1)?.[1] ?? null;
  return { directory, producer, pending, bytes, oldest, newest, owner, lost, putAside };
}
