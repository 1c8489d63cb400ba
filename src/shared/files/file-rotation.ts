/**
 * The files of one dead-letter file: the file itself, which is appended to, and those that were moved away from it, oldest first by
 * name. Their names hold the time and a random part. Numbers would have to be moved along, and two processes that do so at the same
 * time would overwrite each other's dead letters.
 */

import { randomBytes } from 'node:crypto';
import { lstat, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDescriptor } from './descriptor-path.ts';
import { syncName } from './durable.ts';
import { undefinedIfMissing } from './whole-reads.ts';

const STAMP = /\.(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z-[0-9a-f]{8}$/;

/** Returns the name of the file from which `file` was moved away; undefined where it was not. */
export function originOf(file: string): string | undefined {
  return STAMP.test(file) ? file.replace(STAMP, '') : undefined;
}

/** Lists the files that were moved away from `file`, oldest first. */
export async function rotatedFiles(file: string): Promise<string[]> {
  const folder = dirname(file);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error; // the number of files is unknown
  });
  const rotated = names.filter((name) => originOf(name) === basename(file));
  return rotated.sort().map((name) => join(folder, name));
}

/**
 * Moves the file away, so that the next dead letter begins a new one. Returns its new name, or undefined where there is no regular
 * file. A device is not moved, because the whole system needs it. Nor is the path of a descriptor, which would lead to the moved
 * file.
 */
export async function rotate(file: string): Promise<string | undefined> {
  const found = isDescriptor(file) ? undefined : await lstat(file).catch(undefinedIfMissing);
  if (!found?.isFile()) return undefined;
  const latest = (await rotatedFiles(file)).at(-1);
  const to = `${file}.${stamp(latest)}`;
  try {
    await rename(file, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  await syncName(file);
  return to;
}

/** Returns a stamp that sorts after the latest one, also when the clock has been set back. */
function stamp(latest: string | undefined): string {
  const [, ...parts] = STAMP.exec(latest ?? '') ?? [];
  const [year, month, day, hour, minute, second, ms] = parts;
  const before = year ? Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`) : 0;
  const at = new Date(Math.max(Date.now(), (before || 0) + 1)).toISOString();
  return `${at.replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}
