/** Mutants that change nothing a test could see, each with a reason. The list is kept honest: an entry that fits no mutant fails the run. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Mutant } from './mutants.ts';
import { OPERATOR_NAMES } from './operators.ts';

const Entry = z.strictObject({
  file: z.string(),
  /** The text of its line in the TypeScript. */
  code: z.string(),
  operator: z.enum(OPERATOR_NAMES),
  /** What the mutant has there, where the operator has several edits in the line. */
  text: z.string().optional(),
  reason: z.string().min(20),
});

export type Equivalent = z.infer<typeof Entry>;

export function readEquivalents(repository: string): Equivalent[] {
  const text = readFileSync(join(repository, 'test', 'mutants', 'equivalent.json'), 'utf8');
  return z.array(Entry).parse(JSON.parse(text));
}

const fits = (mutant: Mutant, { file, code, operator, text }: Equivalent): boolean =>
  mutant.file === file &&
  mutant.code === code &&
  mutant.operator === operator &&
  (text === undefined || mutant.text === text);

export const isListed = (mutant: Mutant, entries: readonly Equivalent[]): boolean =>
  entries.some((entry) => fits(mutant, entry));

/** Entries whose line or operator is no longer there. */
export const staleAmong = (entries: readonly Equivalent[], mutants: readonly Mutant[]): Equivalent[] =>
  entries.filter((entry) => !mutants.some((mutant) => fits(mutant, entry)));
