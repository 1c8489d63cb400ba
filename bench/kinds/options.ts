/** What `npm run bench -- --only KIND` is asked to do. */

import { parseArgs } from 'node:util';
import { WORK, type Work } from './work.ts';

export interface KindOptions {
  readonly only: readonly Work[];
  /** Runs of each side. The figures are medians. */
  readonly rounds: number;
  /** Factor on the number of messages of a run. */
  readonly scale: number;
  /** Print one JSON object instead of tables. */
  readonly json: boolean;
}

const ROUNDS = 5;
const QUICK = { rounds: 3, scale: 0.25 };

export const namesKinds = (args: readonly string[]): boolean => args.some((arg) => /^--only(?:=|$)/.test(arg));

/** @throws Error for a kind that the bench does not know */
export function parseKindOptions(args: readonly string[]): KindOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const only = WORK.filter(({ kind }) => values.only?.split(',').includes(kind));
  const kinds = [...new Set(WORK.map(({ kind }) => kind))].join(', ');
  if (only.length === 0) throw new Error(`--only: expected one or more of ${kinds}, got ${values.only}`);
  const rounds = Number(values.rounds ?? (values.quick ? QUICK.rounds : ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number, got ${values.rounds}`);
  return { only, rounds, scale: values.quick ? QUICK.scale : 1, json: values.json };
}
