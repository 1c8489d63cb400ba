/**
 * The emitted JavaScript in a directory of its own: what the processes of a run start from, whatever is built meanwhile. A
 * mutant is such a snapshot with one place changed: a harness that does not find it would find nothing.
 */

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One place in the sources, found by its text. */
export interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What must be caught. */
export const MUTANTS = {
  /** The batch is taken for written, and is nowhere. */
  'skips the spool write': {
    file: 'spool/segments/segment-writer.js',
    find: "this.#write(parts, 'write');",
    replace: 'this.segment.bytes += parts.reduce((sum, { length }) => sum + length, 0);',
  },
  'promises before it has written': {
    file: 'caller/engine.js',
    find: 'this.#spooling?.stored(',
    replace: 'void (',
  },
  'settles before it is delivered': {
    file: 'worker/spool/feeder.js',
    find: 'this.#waiting.push(...this.#writer.write(leases));',
    replace: `const written = this.#writer.write(leases);
      this.outcomes.settled(written.map(({ sequence, count }) => [sequence, sequence + count - 1]));
      this.#waiting.push(...written);`,
  },
  'settles twice': {
    file: 'caller/settlement/settlement.js',
    // Of what is on disk alone: the last process always has some of that to deliver.
    find: 'accounting.counts[outcome] += settled;',
    replace: "accounting.counts[outcome] += outcome === 'delivered' ? 2 * settled : settled;",
  },
} as const satisfies Record<string, Mutant>;

export type MutantName = keyof typeof MUTANTS;

/** The root of the emitted tree, of which this file is a part. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function snapshot(directory: string, mutant?: Mutant): void {
  for (const folder of ['src', 'test']) cpSync(join(ROOT, folder), join(directory, folder), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  if (mutant !== undefined) mutate(join(directory, 'src', mutant.file), mutant);
}

function mutate(path: string, { find, replace }: Mutant): void {
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${path} has not exactly one place with: ${find}`);
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
}
