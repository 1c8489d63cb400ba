/**
 * Makes files and their names survive the machine. Every sync of the project is one of these calls, so that a test can count
 * them and let each of them fail.
 *
 * After a failed sync the system may drop what it could not write and report success the next time ("fsyncgate"). A caller
 * must never sync such a file again and believe it: it writes the same content into a new file.
 */

import fs, { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDescriptor } from './descriptor-path.ts';
import { openOwn, refuseDevice } from './own-files.ts';
import { undefinedIfMissing } from './whole-reads.ts';

/** Makes the content of an open file durable. @throws the system's error; from then on the file must not be trusted */
export const syncData = (fd: number): Promise<void> => called((done) => fs.fdatasync(fd, done));

/** The same, and waits for it on this thread. */
export const syncDataNow = (fd: number): void => fs.fdatasyncSync(fd);

const called = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));

/** Makes the names in a directory durable: a file that was synced may else have none after a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await called((done) => fs.fsync(handle.fd, done));
  } finally {
    await handle.close();
  }
}

/** Makes the name of a file durable, and the absence of its former names. That of a descriptor is no name on a disk. */
export async function syncName(path: string): Promise<void> {
  if (!isDescriptor(path)) await syncDirectory(dirname(path));
}

/** Also where the file was there before, in a directory that may be entered but not listed, which no user can sync. */
export const syncNameIfAllowed = (path: string): Promise<void> => syncName(path).catch(unlessRefused);

function unlessRefused(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
}

/**
 * Makes a directory with a durable name, and those above it that are missing. Syncs the parent of each, and of the first
 * one that was there: who made that one may have failed or ended before its sync.
 */
export function makeDirectory(directory: string, mode: number): void {
  const parent = dirname(directory);
  const isThere = fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isThere) {
    if (parent !== directory) makeDirectory(parent, mode);
    fs.mkdirSync(directory, { recursive: true, mode }); // no error where another process has just made it
  }
  try {
    syncDirectoryNow(parent);
  } catch (error) {
    if (!isThere) throw error;
    unlessRefused(error);
  }
}

function syncDirectoryNow(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Writes a new file as a whole and makes its content durable, not yet its name. Where that fails, there is no file. What a
 * crash, or another user, has left under its name is removed first.
 */
export async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await rm(path, { force: true });
  const file = await openOwn(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  try {
    await write(file);
    await syncData(file.fd);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Puts a durable file in the place of another one, or of a link. @throws `ELOOP` for a device or a pipe; the system's error */
export async function replace(path: string, by: string): Promise<void> {
  const found = await lstat(path).catch(undefinedIfMissing);
  if (found !== undefined) refuseDevice(path, found);
  await rename(by, path);
  await syncName(path);
}
