/** What a run found, for people and for programs. */

import { table } from '../../bench/table.ts';
import type { Mutant } from './mutants.ts';
import { byFolder } from './sample.ts';
import { survives, type Trial } from './trial.ts';

interface Row {
  readonly folder: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survived: number;
  readonly notReached: number;
  /** Killed of 100. */
  readonly score: number;
}

function row(folder: string, trials: readonly Trial[]): Row {
  const survived = trials.filter(survives).length;
  const killed = trials.length - survived;
  const notReached = trials.filter(({ verdict }) => verdict === 'not reached').length;
  const score = trials.length === 0 ? 100 : Math.round((1000 * killed) / trials.length) / 10;
  return { folder, mutants: trials.length, killed, survived, notReached, score };
}

export function rowsOf(trials: readonly Trial[]): Row[] {
  const flat = trials.map((trial) => ({ ...trial, file: trial.mutant.file }));
  return [...byFolder(flat).map(([folder, some]) => row(folder, some)), row('all', trials)];
}

export function tableOf(trials: readonly Trial[]): string {
  const head = ['folder', 'mutants', 'killed', 'survived', 'of which not reached', 'score %'];
  const cells = rowsOf(trials).map(({ folder, ...counts }) => [folder, ...Object.values(counts).map(String)]);
  return table([head, ...cells]);
}

export function survivorsOf(trials: readonly Trial[]): string {
  return trials.filter(survives).map(describe).join('\n');
}

const describe = ({ mutant, verdict, tests }: Trial): string =>
  `${placeOf(mutant)}\n    ${change(mutant)}\n    ${verdict === 'survived' ? `survived ${tests.join(' ')}` : verdict}`;

export const placeOf = ({ file, line, operator, code }: Mutant): string => `${file}:${line}  [${operator}]  ${code}`;

const change = ({ was, text }: Mutant): string => `${oneLine(was)}  →  ${oneLine(text)}`;

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > 100 ? `${flat.slice(0, 99)}…` : flat;
}

/** The order is that of the sample, so that two runs can be compared. */
export function asJson(seed: number, trials: readonly Trial[]): string {
  const mutants = trials.map(({ mutant: { file, line, operator, code, was, text }, verdict, tests }) => {
    return { file, line, operator, code, was, text, verdict, tests };
  });
  return `${JSON.stringify({ seed, folders: rowsOf(trials), mutants }, null, 2)}\n`;
}
