/** The file of a name, and those that had the name before: `app.log.1`, `app.log-20260101`. */

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileIdentity } from './checkpoint.ts';

/** One file, and where it is now. */
export interface Generation extends FileIdentity {
  readonly path: string;
  readonly size: number;
}

/** What is known of when a file was written to last: it puts those of a name in order. */
interface Seen extends Generation {
  readonly mtimeNs: bigint;
}

/** What rotation adds to a name is a number or a time; a copy that somebody made, or what was compressed, is none of ours. */
const ADDED = /^[.-]\d[\d.:_TZ+-]*$/;

const isRotated = (name: string, base: string): boolean => name.startsWith(base) && ADDED.test(name.slice(base.length));

/** Undefined when there is no such file, or it is no file. */
export async function generationAt(path: string): Promise<Generation | undefined> {
  return look(path);
}

async function look(path: string): Promise<Seen | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { dev, ino, size, mtimeNs } = found;
  return { path, dev: String(dev), ino: String(ino), size: Number(size), mtimeNs };
}

/** The oldest first; the file that has the name now is the last. */
export async function generationsOf(path: string): Promise<Seen[]> {
  const before = await look(path);
  const names = (await readdir(dirname(path)).catch(() => [])).filter((name) => isRotated(name, basename(path)));
  const rotated = await Promise.all(names.map((name) => look(join(dirname(path), name))));
  const current = await look(path);
  // Rotated while we looked: one may have been neither under its old name nor under its new one.
  if (identityOf(before) !== identityOf(current)) return generationsOf(path);
  const older = rotated.filter((one) => one !== undefined && !isSame(one, current)) as Seen[];
  return [...older.sort((a, b) => Number(a.mtimeNs - b.mtimeNs)), ...(current === undefined ? [] : [current])];
}

/** A file that was read to its end, and when it was written to last, in ns. */
export interface Done extends FileIdentity {
  readonly mtimeNs: bigint;
}

export interface Successor {
  readonly next: Generation | undefined;
  /** Whether nothing can have been between the two. */
  readonly isSure: boolean;
}

/** What came after a file: where that is gone, the oldest that was written to after it. */
export async function successorOf(path: string, done: Done): Promise<Successor> {
  const generations = await generationsOf(path);
  const last = generations.findIndex((one) => isSame(one, done));
  if (last >= 0) return { next: generations[last + 1], isSure: true };
  const next = generations.find((one) => one.mtimeNs > done.mtimeNs || one.path === path);
  return { next, isSure: false };
}

const identityOf = (one: FileIdentity | undefined): string => (one === undefined ? '' : `${one.dev}:${one.ino}`);

export const isSame = (one: FileIdentity | undefined, other: FileIdentity | undefined): boolean =>
  one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
