/** All that one dead-letter file holds: what was moved away from it, oldest first, then the file itself. */

import { originOf, rotatedFiles } from '../../engine/letters/rotation.ts';
import { UsageError, wrongAt } from '../exit.ts';
import { deliveredOf } from './journal.ts';
import { type Entry, isThere, readLetters } from './read-letters.ts';

/** @throws UsageError when neither the file nor anything that was moved away from it is there */
export async function filesOf(file: string): Promise<string[]> {
  const origin = originOf(file);
  if (origin !== undefined) throw new UsageError(`${file} is a part of ${origin}: name that one`);
  for (let look = 0; look < LOOKS; look++) {
    const files = [...(await rotatedFiles(file)), ...((await isThere(file)) ? [file] : [])];
    if (files.length > 0) return files;
  }
  throw wrongAt({ file, line: 1, column: 1 }, 'the file does not exist');
}

/** A producer may move it away between the two parts of a look. */
const LOOKS = 2;

/** What is still to be looked at: without what an interrupted replay has delivered, and what was written twice. */
export async function* unsettled(files: readonly string[]): AsyncGenerator<Entry> {
  const seen = new Set<string>();
  for (const file of files) {
    for (const id of await deliveredOf(file)) seen.add(id);
    for await (const entry of readLetters(file)) {
      if (entry.letter !== undefined && seen.has(entry.letter.id)) continue;
      if (entry.letter !== undefined) seen.add(entry.letter.id);
      yield entry;
    }
  }
}
