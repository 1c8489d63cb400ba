/** The file of a name, and those that had the name before: `app.log.1`, `app.log-20260101`. */

import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileIdentity } from './checkpoint.ts';
import { type RotatedName, rotatedName } from './rotated-name.ts';
import { isAbsence } from './trouble.ts';

/** One file, and where it is now. */
export interface Generation extends FileIdentity {
  readonly path: string;
  /** The path of which it is a generation: its own one, or the one that it had before it was rotated. Never a link. */
  readonly base: string;
  readonly size: number;
}

/** A file that has a name of the rotation. */
export interface Rotated extends Generation {
  readonly name: RotatedName;
  readonly mtimeNs: bigint;
}

/** All files of a name at one moment. */
export interface Listing {
  /** The file that has the name now. */
  readonly current: Generation | undefined;
  /** In no certain order. */
  readonly rotated: readonly Rotated[];
}

/** Rotation renames one file after the other. A folder that is still changing after this many looks is read later. */
const LOOKS = 20;

/** Undefined when there is no such file, or it is no file. @throws the system's error, which says nothing about what is there */
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
  // Where the system does not know the time of birth, Node gives 0 or the time of the last change.
  const isKnown = birthtimeNs > 0n && birthtimeNs !== ctimeNs;
  const born = isKnown ? { born: String(birthtimeNs) } : {};
  return { ...place, dev: String(dev), ino: String(ino), ...born, size: Number(size) };
}

/**
 * The followed path may be a link, as those are that Kubernetes makes: rotation goes on where its target lies. `former`: where it
 * led to before, which may have been rotated as well before the link was moved.
 *
 * Two looks that see the same: in between, no file can have been neither under its old name nor under its new one.
 */
export async function listingOf(path: string, former?: string): Promise<Listing> {
  let before = await look(path, former);
  for (let looks = 1; looks < LOOKS; looks++) {
    const now = await look(path, former);
    if (fingerprint(now) === fingerprint(before)) return now;
    before = now;
  }
  throw stillRenamed(path);
}

/** Passes, as errors of the system do. */
export const stillRenamed = (path: string): Error =>
  Object.assign(new Error(`the files ${path}.* are still being renamed`), { code: 'EAGAIN' });

async function look(path: string, former: string | undefined): Promise<Listing> {
  const target = (await realpath(path).catch(undefinedIfAbsent)) ?? path;
  const bases = new Set([path, target, former ?? target]);
  const found = await Promise.all([...bases].map(rotatedOf));
  const current = await generationAt(target);
  const left = former === undefined || former === target ? undefined : await formerAt(former);
  return { current, rotated: unique([...found.flat(), ...(left === undefined ? [] : [left])], current) };
}

/** The file that the link led to before, as the newest of its rotated ones. */
async function formerAt(path: string): Promise<Rotated | undefined> {
  const found = await statOf(path);
  return found && { ...generationOf({ path, base: path }, found), name: NEWEST, mtimeNs: found.mtimeNs };
}

const NEWEST: RotatedName = { scheme: 'number', age: [0], isCompressed: false };

/** Each file once, and without the one that is read last. */
const unique = (files: readonly Rotated[], current: Generation | undefined): Rotated[] =>
  files.filter((one, index) => !isSame(one, current) && files.findIndex((other) => isSame(one, other)) === index);

/** Of a path that is no link, or of the link itself. */
async function rotatedOf(path: string): Promise<Rotated[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(async (error) => {
    // A folder that is not there has no file either. Otherwise the error says nothing about the other files.
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

/** A system gives an inode to another file when the first is gone. The time of birth tells the two apart, where it is known. */
export function isSame(one: FileIdentity | undefined, other: FileIdentity | undefined): boolean {
  if (one?.dev !== other?.dev || one?.ino !== other?.ino) return false;
  return one !== undefined && (one.born === undefined || other?.born === undefined || one.born === other.born);
}
