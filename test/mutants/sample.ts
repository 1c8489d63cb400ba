/** Some of all mutants: the same ones for the same seed, and of every folder its share. */

import { dirname } from 'node:path';
import { Random } from '../chaos/random.ts';
import type { Mutant } from './mutants.ts';

/** At least `count` of them, as each folder's share is rounded up. */
export function sample(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = new Random(seed);
  const share = Math.min(1, count / Math.max(1, mutants.length));
  return byFolder(mutants).flatMap(([, all]) => random.shuffled(all).slice(0, Math.ceil(all.length * share)));
}

/** Folders in alphabetical order, each with what it has. */
export function byFolder<T extends Pick<Mutant, 'file'>>(items: readonly T[]): Array<[folder: string, items: T[]]> {
  const folders = new Map<string, T[]>();
  for (const item of items) {
    const folder = dirname(item.file);
    const others = folders.get(folder) ?? [];
    folders.set(folder, others);
    others.push(item);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1));
}
