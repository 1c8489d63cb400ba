/** Which file comes after the one that was read, when several have been rotated away meanwhile. */

import type { FileIdentity } from './checkpoint.ts';
import { type Generation, isSame, type Listing, type Rotated } from './generations.ts';
import { compareNames } from './rotated-name.ts';

/** The rotated files that came before the one that is read. */
export type Older = readonly FileIdentity[];

export interface Successor {
  /** Undefined when it is not there yet. */
  readonly next: Generation | undefined;
  /** The files that came before `next`. */
  readonly older: Older;
  /** Whether the file that was read is still there, so that nothing can have been between the two. */
  readonly isSure: boolean;
  /** Files whose order cannot be told from their names. */
  readonly unordered: readonly string[];
  /** Compressed files that came after the one that was read, or may have. */
  readonly compressed: readonly string[];
}

/**
 * Every rotated file is read that is neither `done` nor older. What is older was known when `done` was opened, so a clock that
 * was set back cannot make a new file look old. Names put the new ones in order, and times only where names do not.
 */
export function successorOf({ current, rotated }: Listing, older: Older, done: FileIdentity | undefined): Successor {
  const last = rotated.find((one) => isSame(one, done));
  const fresh = rotated.filter((one) => one !== last && !older.some((other) => isSame(one, other)));
  // A link that was moved leads to other files, which come after those of its old target.
  const isOfLast = ({ base }: Rotated): boolean => last === undefined || base === last.base;
  const ofLast = inOrder(
    fresh.filter((one) => isReadable(one) && isOfLast(one)),
    last,
  );
  const ofOthers = inOrder(
    fresh.filter((one) => isReadable(one) && !isOfLast(one)),
    undefined,
  );
  const readable = [...ofLast, ...ofOthers];
  const compressed = fresh.filter((one) => !isReadable(one) && isBetween(one, last, readable[0]));
  // The file that was read and is gone was compressed at once: it is the oldest of them.
  const own = done !== undefined && last === undefined ? [...compressed].sort(byAge)[0] : undefined;
  return {
    next: readable[0] ?? current,
    older: rotated.filter((one) => !readable.includes(one)).map(identityOf),
    isSure: done === undefined || last !== undefined,
    unordered: [...unordered(last === undefined ? ofLast : [last, ...ofLast]), ...unordered(ofOthers)],
    compressed: compressed.filter((one) => one !== own).map(({ path }) => path),
  };
}

/** What is older than `file` where nothing but the names is known. All of them, if `file` is not among the rotated ones. */
export function olderThan({ rotated }: Listing, file: FileIdentity | undefined): Older {
  const at = rotated.find((one) => isSame(one, file));
  return rotated.filter((one) => at === undefined || (one !== at && byAge(one, at) < 0)).map(identityOf);
}

const isReadable = ({ name }: Rotated): boolean => !name.isCompressed;

const identityOf = ({ dev, ino, born }: Rotated): FileIdentity => ({ dev, ino, ...(born !== undefined && { born }) });

/** By name, or else by when they were written to last. */
function byAge(one: Rotated, other: Rotated): number {
  return compareNames(one.name, other.name) ?? Number(one.mtimeNs - other.mtimeNs);
}

/** Numbers count up where all new ones are higher than that of the file before them. */
function inOrder(files: readonly Rotated[], last: Rotated | undefined): Rotated[] {
  const sorted = [...files].sort(byAge);
  const countsUp =
    last?.name.scheme === 'number' && files.every((file) => (compareNames(last.name, file.name) ?? 0) > 0);
  return countsUp ? sorted.reverse() : sorted;
}

/** All of them, if the names of two neighbours give no order, or another one. */
function unordered(files: readonly Rotated[]): string[] {
  const isDoubtful = files.some((file, index) => {
    const next = files[index + 1];
    return next !== undefined && (compareNames(file.name, next.name) ?? 0) >= 0;
  });
  return isDoubtful ? files.map(({ path }) => path) : [];
}

function isBetween({ name }: Rotated, last: Rotated | undefined, next: Rotated | undefined): boolean {
  const isAfter = last === undefined || (compareNames(last.name, name) ?? 0) < 0;
  return isAfter && (next === undefined || (compareNames(name, next.name) ?? 0) < 0);
}
