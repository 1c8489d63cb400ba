/**
 * Makes files and their names durable, so that they survive a crash of the machine. Every sync of the project is one of these
 * calls, so that a test can count them and let each of them fail.
 *
 * After a failed sync the system may drop the data that it could not write and report success the next time ("fsyncgate"). A caller
 * must never sync such a file again and rely on the result. It writes the same content into a new file.
 */

import fs, { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDescriptor } from './descriptor-path.ts';
import { openOwn, refuseDevice } from './own-files.ts';
import { undefinedIfMissing } from './whole-reads.ts';

/** Makes the content of an open file durable. @throws the system's error; from then on the file must not be trusted */
export const syncData = (fd: number): Promise<void> => called((done) => fs.fdatasync(fd, done));

/** Makes the content of an open file durable, and blocks this thread meanwhile. */
export const syncDataNow = (fd: number): void => fs.fdatasyncSync(fd);

const called = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));

/** Makes the names in a directory durable. A file that was synced may else have no name after a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await called((done) => fs.fsync(handle.fd, done));
  } finally {
    await handle.close();
  }
}

/** Makes the name of a file durable, and the absence of its former names. The path of a descriptor is no name on a disk. */
export async function syncName(path: string): Promise<void> {
  if (!isDescriptor(path)) await syncDirectory(dirname(path));
}

/** Makes the name of a file durable, unless its directory may be entered but not listed, which no user can sync. */
export const syncNameIfAllowed = (path: string): Promise<void> => syncName(path).catch(unlessRefused);

function unlessRefused(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
}

/**
 * Makes a directory with a durable name, and missing ones above it. Syncs the parent of each new one, and of the first one that
 * existed already. The process that made that one may have failed or ended before its sync.
 */
export function makeDirectory(directory: string, mode: number): void {
  const parent = dirname(directory);
  const found = fs.statSync(directory, { throwIfNoEntry: false });
  // Only some versions of Node report this by themselves.
  if (found?.isDirectory() === false)
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${directory}'`), { code: 'ENOTDIR' });
  const isThere = found !== undefined;
  if (!isThere) {
    if (parent !== directory) makeDirectory(parent, mode);
    // No error where another process has just made it.
    if (fs.mkdirSync(directory, { recursive: true, mode }) !== undefined) undoUmask(directory, mode);
  }
  try {
    syncDirectoryNow(parent);
  } catch (error) {
    if (!isThere) throw error;
    unlessRefused(error);
  }
}

/** Gives a new directory the mode bits that the umask has removed. Its owner could not enter it without them. */
function undoUmask(directory: string, mode: number): void {
  if ((fs.lstatSync(directory).mode & mode) !== mode) fs.chmodSync(directory, mode);
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
 * Writes a new file as a whole and makes its content durable, but not yet its name. Removes the file where that fails. First
 * removes a file of that name, which a crash or another user may have left.
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

/** Replaces a file, or a link, by a durable file. @throws `ELOOP` for a device or a pipe; the system's error */
export async function replace(path: string, by: string): Promise<void> {
  const found = await lstat(path).catch(undefinedIfMissing);
  if (found !== undefined) refuseDevice(path, found);
  await rename(by, path);
  await syncName(path);
}
