/** Finds and reads all files of a dead-letter file: the rotated ones, oldest first, then the file itself. */

import { isDescriptor } from '../../shared/files/descriptor-path.ts';
import { originOf, rotatedFiles } from '../../shared/files/file-rotation.ts';
import { ownTarget } from '../../shared/files/own-files.ts';
import { UsageError, wrongAt } from '../process/exit.ts';
import { deliveredOf } from './journal.ts';
import { type Entry, isThere, readDeadLetters, unreadable, wasGone } from './read-letters.ts';

/** Returns the file that a link leads to, even if it does not exist. @throws UsageError where another user has made the link */
export const targetOf = (file: string): Promise<string> =>
  ownTarget(file).catch((error) => {
    throw unreadable(file, error);
  });

/** Returns the file that a replay may replace. @throws UsageError for a descriptor, such as `/dev/stdin`; as `targetOf` */
export async function replaceableOf(named: string): Promise<string> {
  const file = await targetOf(named);
  if (isDescriptor(file))
    throw new UsageError(`${named} is the path of a descriptor, and a replay replaces its file: name the file itself`);
  return file;
}

/** @throws UsageError when neither the file nor a rotated part of it exists */
export async function filesOf(named: string): Promise<string[]> {
  const file = await targetOf(named);
  const origin = originOf(file);
  if (origin !== undefined) throw new UsageError(`${file} is a part of ${origin}: name that one`);
  for (let look = 0; look < LOOKS; look++) {
    const rotated = isDescriptor(file) ? [] : await rotatedFiles(file);
    const files = [...rotated, ...((await isThere(file)) ? [file] : [])];
    if (files.length > 0) return files;
  }
  throw wrongAt({ file, line: 1, column: 1 }, 'the file does not exist');
}

/** Number of listings, because a producer may rotate the file between the two parts of a listing. */
const LOOKS = 2;
/** Maximum number of files in a row that were rotated between listing and reading. More means a name that leads nowhere. */
const GONE_AT_MOST = 5;

/**
 * Yields the dead letters that are not settled: without those that an interrupted replay delivered, and without duplicates. A
 * file that is rotated meanwhile is read under its new name.
 *
 * @throws UsageError as `filesOf`
 */
export async function* unsettled(named: string): AsyncGenerator<Entry> {
  const seen = new Set<string>();
  const read = new Set<string>();
  let files = await filesOf(named);
  let gone = 0;
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    try {
      yield* unseen(file, seen);
    } catch (error) {
      if (!wasGone(error) || ++gone > GONE_AT_MOST) throw error;
      files = (await filesOf(named)).filter((one) => !read.has(one));
      continue;
    }
    read.add(file);
    gone = 0;
  }
}

async function* unseen(file: string, seen: Set<string>): AsyncGenerator<Entry> {
  if (!isDescriptor(file)) for (const id of await deliveredOf(file)) seen.add(id);
  for await (const entry of readDeadLetters(file)) {
    if (entry.letter !== undefined && seen.has(entry.letter.id)) continue;
    if (entry.letter !== undefined) seen.add(entry.letter.id);
    yield entry;
  }
}
