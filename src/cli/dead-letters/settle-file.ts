/** Replaces a file by what a replay leaves of it, in one step, or leaves the file as it was. */

import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { deadLetterLine, type StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import { replace, syncName, writeDurably } from '../../shared/files/durable.ts';
import { originOf } from '../../shared/files/file-rotation.ts';
import { journalOf } from './journal.ts';
import { isThere, readDeadLetters } from './read-letters.ts';
import { writing } from './writing.ts';

/** Maximum size, in bytes, of merged files. Small remains are merged, so that they do not use up the allowed number of files. */
const MERGED_BYTES = 2 ** 20;

const restOf = (file: string): string => `${file}.rest`;

export interface Leaving {
  /** Ids of dead letters that need not be kept: delivered, or kept in another file. The ids that are kept here are added. */
  readonly done: Set<string>;
  /** Dead letters that have changed, by id. */
  readonly changed: ReadonlyMap<string, StoredDeadLetter>;
}

/** Writes the remains of a file to a new one. Returns whether any are left. @throws OutspoolError; then it is unchanged */
export async function settleFile(file: string, leaving: Leaving): Promise<boolean> {
  const rest = restOf(file);
  const isEmpty = await writing(rest, () => writeRest(file, leaving));
  await writing(file, () => (isEmpty ? remove(file) : replace(file, rest)));
  // Only after the replacement, because without the journal everything would be sent again.
  await rm(journalOf(file), { force: true });
  await rm(rest, { force: true });
  return !isEmpty;
}

async function remove(file: string): Promise<void> {
  await rm(file);
  await syncName(file);
}

/** Writes the remaining lines. Returns true when there are none. */
async function writeRest(file: string, leaving: Leaving): Promise<boolean> {
  let isEmpty = true;
  await writeDurably(restOf(file), async (rest) => {
    for await (const lines of inPieces(remaining(file, leaving))) {
      await rest.appendFile(lines);
      isEmpty = false;
    }
  });
  return isEmpty;
}

async function* remaining(file: string, { done, changed }: Leaving): AsyncGenerator<Buffer> {
  for await (const { bytes, letter, torn } of readDeadLetters(file)) {
    if (torn || (letter !== undefined && done.has(letter.id))) continue;
    if (letter !== undefined) done.add(letter.id);
    const now = letter && changed.get(letter.id);
    yield now === undefined ? bytes : Buffer.from(deadLetterLine(now));
  }
}

const LINE_FEED = Buffer.from('\n');
const PIECE_BYTES = 2 ** 20;

/** Joins lines, with line breaks, to pieces of about 1 MiB. */
async function* inPieces(lines: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let piece: Buffer[] = [];
  let bytes = 0;
  for await (const line of lines) {
    piece.push(line, LINE_FEED);
    bytes += line.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(piece);
    piece = [];
    bytes = 0;
  }
  if (piece.length > 0) yield Buffer.concat(piece);
}

/** Prepends the remains of an older file to a newer one, if both are small. Returns whether it did. */
export async function merge(older: string, file: string): Promise<boolean> {
  const sizes = await Promise.all([stat(older), stat(file)]);
  if (sizes.reduce((sum, { size }) => sum + size, 0) > MERGED_BYTES) return false;
  const lines = Buffer.concat(await Promise.all([readFile(older), readFile(file)]));
  await writing(restOf(file), async () => {
    await writeDurably(restOf(file), (rest) => rest.appendFile(lines));
    await replace(file, restOf(file));
  });
  await rm(older);
  return true;
}

/** Removes the remains of a replay that was killed between two steps, if their file no longer exists. */
export async function removeOrphans(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder)) {
    const part = name.replace(/\.(?:done|done\.next|rest)$/, '');
    if (part === name || originOf(part) !== basename(file) || (await isThere(join(folder, part)))) continue;
    await rm(join(folder, name), { force: true });
  }
}
