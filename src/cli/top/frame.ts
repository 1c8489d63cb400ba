/** The text of `produce top`: a table for a person. */

import { cutTo } from '../progress/width.ts';
import { type Column, table } from '../table.ts';
import type { Away, Row } from './rows.ts';

const isAway = (row: Row | Away): row is Away => 'why' in row;

const of =
  (cell: (row: Row) => string | number) =>
  (row: Row | Away): string | number =>
    isAway(row) ? '' : cell(row);

const COLUMNS: readonly Column<Row | Away>[] = [
  { title: 'process', cell: ({ process }) => process, align: 'left' },
  { title: 'producer', cell: of(({ producer }) => printable(producer)), align: 'left' },
  { title: 'kind', cell: of(({ kind }) => printable(kind)), align: 'left' },
  { title: 'state', cell: (row) => (isAway(row) ? 'away' : printable(row.state)), align: 'left' },
  { title: 'in/s', cell: of(({ inRate }) => rate(inRate)) },
  { title: 'out/s', cell: of(({ outRate }) => rate(outRate)) },
  { title: 'delivered', cell: of(({ delivered }) => grouped(delivered)) },
  { title: 'failed', cell: of(({ failed }) => grouped(failed)) },
  { title: 'pending', cell: of(({ pending }) => grouped(pending)) },
  { title: 'queue', cell: of(({ queuePercent }) => `${queuePercent} %`) },
  { title: 'spool', cell: of(({ spoolPercent }) => (spoolPercent === null ? '-' : `${spoolPercent} %`)) },
  { title: 'oldest', cell: of(({ oldestMs }) => age(oldestMs)) },
  { title: 'blocked by', cell: (row) => printable(isAway(row) ? row.why : (row.blockedBy ?? '-')), align: 'left' },
];

export const topTable = (rows: readonly (Row | Away)[]): string => table(COLUMNS, rows);

export interface Size {
  readonly columns: number;
  readonly lines: number;
}

/** Returns the lines of a whole screen: a heading, the table, and how many rows did not fit. */
export function frame(heading: string, rows: readonly (Row | Away)[], { columns, lines }: Size): string[] {
  const all = [heading, '', ...topTable(rows).split('\n')];
  const shown = all.length <= lines ? all : [...all.slice(0, lines - 1), `… and ${all.length - lines + 1} more`];
  return shown.map((line) => cutTo(columns, line));
}

const grouped = (count: number): string => Math.round(count).toLocaleString('en-US');

const rate = (perSecond: number | null): string => (perSecond === null ? '-' : grouped(perSecond));

function age(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** A text of another process may hold characters that would control the terminal. */
const printable = (text: string): string => text.replaceAll(/\p{Control}|\p{Cf}|[\u2028\u2029]/gu, '·');
