/** Reports the result of `produce spool replay`: a row for each spool, one last line, and the exit code. */

import { counted, result, say } from '../output.ts';
import { EXIT, type ExitCode, worst } from '../process/exit.ts';
import { type Column, table } from '../table.ts';
import type { Damage } from './views.ts';

export interface Replayed {
  readonly name: string;
  readonly kind: string;
  readonly delivered: number;
  readonly deadLettered: number;
  /** Abandoned messages without a dead letter target. */
  readonly dropped: number;
  /** Messages of the files that cannot be read any more. */
  readonly lost: number;
  readonly left: number;
  readonly damage: readonly Damage[];
}

type Count = 'delivered' | 'deadLettered' | 'dropped' | 'lost' | 'left';

const COLUMNS: readonly Column<Replayed>[] = [
  { title: 'producer', cell: ({ name }) => name, align: 'left' },
  { title: 'kind', cell: ({ kind }) => kind, align: 'left' },
  { title: 'delivered', cell: ({ delivered }) => delivered },
  { title: 'dead-lettered', cell: ({ deadLettered }) => deadLettered },
  { title: 'dropped', cell: ({ dropped }) => dropped },
  { title: 'lost', cell: ({ lost }) => lost },
  { title: 'left', cell: ({ left }) => left },
];

/** Counters that make the result fail, and their texts. */
const UNDELIVERED: readonly (readonly [Count, string])[] = [
  ['deadLettered', 'dead-lettered'],
  ['dropped', 'dropped'],
  ['lost', 'lost'],
];

/** `early` has the exit codes of the producers that ended before everything had settled. */
export function report(
  rows: readonly Replayed[],
  early: readonly (ExitCode | undefined)[],
  { signal, json }: { readonly signal: AbortSignal; readonly json?: boolean },
): ExitCode {
  const total = (name: Count) => rows.reduce((sum, row) => sum + row[name], 0);
  const notDelivered = UNDELIVERED.filter(([name]) => total(name) > 0);
  const isShort = total('left') > 0 || notDelivered.length > 0;
  const code = worst([...early.filter((one) => one !== undefined), isShort ? EXIT.undelivered : EXIT.delivered]);
  if (rows.length > 0) say(`\n${table(COLUMNS, rows)}\n`);
  const word = code === EXIT.delivered ? 'ok' : signal.aborted ? 'interrupted' : 'FAILED';
  const parts = notDelivered.map(([name, said]) => `${total(name)} ${said}, `).join('');
  say(`${word}: ${counted(total('delivered'), 'message')} delivered, ${parts}${total('left')} left`);
  if (json) result({ ok: code === EXIT.delivered, producers: rows });
  return code;
}
