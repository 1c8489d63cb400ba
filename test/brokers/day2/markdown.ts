/** The day-2 table as markdown, and its place in the documents. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/repository.ts';
import type { Subject } from './engine.ts';
import type { Outcome } from './outcome.ts';

const DOCUMENT = join(REPOSITORY, 'docs/kinds/kafka.md');
const [BEGIN, END] = ['<!-- day-2 table: npm run day2 -->', '<!-- end of the day-2 table -->'];
const LINE_LENGTH = 160;

/** What stands in the result file for a row. */
export interface RowResult {
  readonly name: string;
  readonly date: string;
  readonly commit: string;
  readonly outcomes: Readonly<Partial<Record<Subject, Outcome>>>;
  readonly breaches: readonly string[];
}

const COLUMNS: ReadonlyArray<readonly [string, (outcome: Outcome) => string]> = [
  ['accepted', ({ accepted }) => `${accepted}`],
  ['delivered', ({ delivered }) => `${delivered}`],
  ['duplicates', ({ duplicates }) => `${duplicates}`],
  ['out of order', ({ outOfOrder, wandering }) => `${outOfOrder.perKey + wandering}`],
  ['dead letters', ({ deadLetters }) => `${deadLetters}`],
  [
    'longest stall',
    ({ stall: { affected, elsewhere } }) => [affected, elsewhere].filter(Boolean).map(inSeconds).join(', '),
  ],
];

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** One figure where all kinds have the same, else one for each. */
function cell(outcomes: readonly Outcome[], text: (outcome: Outcome) => string): string {
  const texts = outcomes.map(text);
  return new Set(texts).size === 1 ? (texts[0] as string) : texts.join(' · ');
}

function ours({ outcomes }: RowResult): Outcome[] {
  const { java: _, ...kinds } = outcomes;
  return Object.values(kinds);
}

function javaCell({ outcomes: { java } }: RowResult): string {
  if (java === undefined) return 'not run';
  const { delivered, accepted, duplicates, outOfOrder, deadLetters, unsettled, firstLetter, stall } = java;
  const parts = [`${delivered} of ${accepted}`, inSeconds(stall.affected)];
  if (duplicates > 0) parts.push(`${duplicates} duplicates`);
  if (outOfOrder.perKey > 0) parts.push(`${outOfOrder.perKey} out of order`);
  if (unsettled > 0) parts.push(`${unsettled} not settled`);
  if (deadLetters > 0) parts.push(`${deadLetters} failed: ${short(firstLetter?.reason ?? '', 70)}`);
  return parts.join('; ');
}

const short = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** A bar would end the cell; names of topics and addresses change with each run. */
const inCell = (text: string) =>
  text
    .replaceAll('|', '\\|')
    .replace(/day2-[a-z-]*?-[0-9a-f]{8}-(first|second|forbidden)/g, '$1')
    .replace(/127\.0\.0\.1:\d+/g, 'host:port');

function line(row: RowResult): string {
  const outcomes = ours(row);
  const figures = COLUMNS.map(([, text]) => cell(outcomes, text));
  const firstLine = short(inCell(outcomes[0]?.firstLine ?? ''), LINE_LENGTH) || 'none';
  return `| ${[row.name, ...figures, firstLine, inCell(javaCell(row))].join(' | ')} |`;
}

export function markdown(rows: readonly RowResult[]): string {
  const header = ['event', ...COLUMNS.map(([name]) => name), 'first log line', 'Java producer'];
  return [`| ${header.join(' | ')} |`, `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** Between the markers. @throws when they are not there */
export function writeTable(rows: readonly RowResult[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for the table: ${BEGIN} … ${END}`);
  writeFileSync(DOCUMENT, `${text.slice(0, begin + BEGIN.length)}\n${markdown(rows)}\n${text.slice(end)}`);
}
