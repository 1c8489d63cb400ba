/** Lists the file of a name, and the files that had the name before, such as `app.log.1` and `app.log-20260101`. */

import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileIdentity } from './checkpoint.ts';
import { type RotatedName, rotatedName } from './rotated-name.ts';
import { isAbsence } from './trouble.ts';

/** One file and its current path. */
export interface Generation extends FileIdentity {
  readonly path: string;
  /** The path before rotation: its own path, or the one it had before it was rotated. Never a link. */
  readonly base: string;
  readonly size: number;
}

/** A file with a name that rotation gives. */
export interface Rotated extends Generation {
  readonly name: RotatedName;
  readonly mtimeNs: bigint;
}

/** All files of a name at one moment. */
export interface Listing {
  /** The file that has the name now. */
  readonly current: Generation | undefined;
  /** Rotated files, in no particular order. */
  readonly rotated: readonly Rotated[];
}

/** Maximum number of listings, because rotation renames one file after the other. */
const LISTINGS = 20;

/** Returns undefined when the path names no regular file. @throws the system's error, which tells nothing about the path */
export async function generationAt(path: string): Promise<Generation | undefined> {
  const found = await statOf(path);
  return found && generationOf({ path, base: path }, found);
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  const found = await stat(path, { bigint: true }).catch(undefinedIfAbsent);
  return found?.isFile() ? found : undefined;
}

export function undefinedIfAbsent(error: unknown): undefined {
  if (!isAbsence(error)) throw error;
}

export function generationOf(
  place: Pick<Generation, 'path' | 'base'>,
  { dev, ino, size, birthtimeNs, ctimeNs }: BigIntStats,
): Generation {
  // Where the system does not know the birth time, Node reports 0 or the time of the last change.
  const isKnown = birthtimeNs > 0n && birthtimeNs !== ctimeNs;
  const born = isKnown ? { born: String(birthtimeNs) } : {};
  return { ...place, dev: String(dev), ino: String(ino), ...born, size: Number(size) };
}

/**
 * Lists the files of a followed path. The path may be a link, as Kubernetes makes them, whose target is rotated in its own
 * folder. `former` is the link's former target, which may have been rotated before the link was moved.
 *
 * It lists until two listings are equal. A file that is being renamed could otherwise be missed under both of its names.
 */
export async function listingOf(path: string, former?: string): Promise<Listing> {
  let before = await list(path, former);
  for (let listings = 1; listings < LISTINGS; listings++) {
    const now = await list(path, former);
    if (fingerprint(now) === fingerprint(before)) return now;
    before = now;
  }
  throw stillRenamed(path);
}

/** A transient error, like those of the system. */
export const stillRenamed = (path: string): Error =>
  Object.assign(new Error(`the files ${path}.* are still being renamed`), { code: 'EAGAIN' });

async function list(path: string, former: string | undefined): Promise<Listing> {
  const target = (await realpath(path).catch(undefinedIfAbsent)) ?? path;
  const bases = new Set([path, target, former ?? target]);
  const found = await Promise.all([...bases].map(rotatedOf));
  const current = await generationAt(target);
  const left = former === undefined || former === target ? undefined : await formerAt(former);
  return { current, rotated: unique([...found.flat(), ...(left === undefined ? [] : [left])], current) };
}

/** Returns the file that the link led to before, as the newest of the rotated files. */
async function formerAt(path: string): Promise<Rotated | undefined> {
  const found = await statOf(path);
  return found && { ...generationOf({ path, base: path }, found), name: NEWEST, mtimeNs: found.mtimeNs };
}

const NEWEST: RotatedName = { scheme: 'number', age: [0], isCompressed: false };

/** Removes duplicates and the current file, which is read last. */
const unique = (files: readonly Rotated[], current: Generation | undefined): Rotated[] =>
  files.filter((one, index) => !isSame(one, current) && files.findIndex((other) => isSame(one, other)) === index);

/** Returns the rotated files of a path. For a link these are the files named after the link itself. */
async function rotatedOf(path: string): Promise<Rotated[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(async (error) => {
    // A missing folder has no files. Any other error tells nothing about the rotated files.
    if (isAbsence(error) && (await generationAt(path)) === undefined) return [];
    throw error;
  });
  const seen = await Promise.all(names.map((name) => rotatedAt(join(folder, name), path)));
  return seen.filter((one) => one !== undefined);
}

async function rotatedAt(path: string, base: string): Promise<Rotated | undefined> {
  const name = rotatedName(basename(path), basename(base));
  const found = name && (await statOf(path));
  return found && { ...generationOf({ path, base }, found), name, mtimeNs: found.mtimeNs };
}

function fingerprint({ current, rotated }: Listing): string {
  return JSON.stringify([current, ...rotated].map((one) => [one?.path, one?.dev, one?.ino]).sort());
}

/** Compares two identities. An inode is used again after a removal; the birth time, where known, tells the files apart. */
export function isSame(one: FileIdentity | undefined, other: FileIdentity | undefined): boolean {
  if (one?.dev !== other?.dev || one?.ino !== other?.ino) return false;
  return one !== undefined && (one.born === undefined || other?.born === undefined || one.born === other.born);
}
