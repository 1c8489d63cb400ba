/** The results of rows, in a file that is committed: each says which commit it is of. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/repository.ts';
import type { Subject } from './engine.ts';
import type { RowResult } from './markdown.ts';
import type { Outcome } from './outcome.ts';
import type { Row } from './row.ts';
import { ROWS } from './rows/index.ts';
import { breaches } from './verdict.ts';

const FILE = join(REPOSITORY, 'test/day2-result.json');

export function resultOf(row: Row, outcomes: ReadonlyMap<Subject, Outcome>): RowResult {
  const ours = [...outcomes].filter(([subject]) => subject !== 'java');
  return {
    name: row.name,
    date: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', cwd: REPOSITORY }).trim(),
    outcomes: Object.fromEntries(outcomes),
    breaches: ours.flatMap(([subject, outcome]) => breaches(row, outcome).map((text) => `${subject}: ${text}`)),
  };
}

/** In the order of the rows; what is no row any more goes. */
export function kept(): RowResult[] {
  const all = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as RowResult[]) : [];
  return ROWS.flatMap(({ name }) => all.find((one) => one.name === name) ?? []);
}

export function keep(result: RowResult): void {
  const others = kept().filter(({ name }) => name !== result.name);
  const all = ROWS.flatMap(({ name }) => [...others, result].find((one) => one.name === name) ?? []);
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
}
