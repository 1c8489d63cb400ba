/** Decides which file to read next when several were rotated meanwhile. */

import type { FileIdentity } from './checkpoint.ts';
import { type Generation, isSame, type Listing, type Rotated } from './generations.ts';
import { compareNames } from './rotated-name.ts';

/** The rotated files before the current one. */
export type Older = readonly FileIdentity[];

export interface Successor {
  /** Undefined while there is no such file. */
  readonly next: Generation | undefined;
  /** The files before `next`. */
  readonly older: Older;
  /** Whether the file that was read still exists, so that no file between the two can have been missed. */
  readonly isSure: boolean;
  /** Files whose order their names do not tell. */
  readonly unordered: readonly string[];
  /** Compressed files that came after the one that was read, or may have. */
  readonly compressed: readonly string[];
}

/**
 * Returns the file after `done`. Every rotated file is read unless it is `done` or older. The older files were listed when `done`
 * was opened, so that a clock set back cannot make a new file look old. Names order the new files, and modification times do so
 * only where names do not.
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
  // If the file that was read is gone, it was compressed at once, and is the oldest compressed file.
  const own = done !== undefined && last === undefined ? [...compressed].sort(byAge)[0] : undefined;
  return {
    next: readable[0] ?? current,
    older: rotated.filter((one) => !readable.includes(one)).map(identityOf),
    isSure: done === undefined || last !== undefined,
    unordered: [...unordered(last === undefined ? ofLast : [last, ...ofLast]), ...unordered(ofOthers)],
    compressed: compressed.filter((one) => one !== own).map(({ path }) => path),
  };
}

/** Returns the files older than `file`, by their names alone. Returns all of them if `file` is not among the rotated ones. */
export function olderThan({ rotated }: Listing, file: FileIdentity | undefined): Older {
  const at = rotated.find((one) => isSame(one, file));
  return rotated.filter((one) => at === undefined || (one !== at && byAge(one, at) < 0)).map(identityOf);
}

const isReadable = ({ name }: Rotated): boolean => !name.isCompressed;

const identityOf = ({ dev, ino, born }: Rotated): FileIdentity => ({ dev, ino, ...(born !== undefined && { born }) });

/** Compares names, or else modification times. */
function byAge(one: Rotated, other: Rotated): number {
  return compareNames(one.name, other.name) ?? Number(one.mtimeNs - other.mtimeNs);
}

/** Sorts files from old to new. Counters run upwards if all new files have higher ones than the file before them. */
function inOrder(files: readonly Rotated[], last: Rotated | undefined): Rotated[] {
  const sorted = [...files].sort(byAge);
  const countsUp =
    last?.name.scheme === 'number' && files.every((file) => (compareNames(last.name, file.name) ?? 0) > 0);
  return countsUp ? sorted.reverse() : sorted;
}

/** Returns all paths, if the names of two neighbours give no order, or the opposite one. */
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
