/** Allows one replay of a file at a time. The operating system releases the lock however the process ends. */

import { type FileHandle, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { asError } from '../../shared/errors.ts';
import { LOCK_EX, LOCK_NB, loadFlock, TAKEN } from '../../shared/files/flock.ts';
import { openLock } from '../../shared/files/own-files.ts';
import { statIfThere } from '../../shared/files/whole-reads.ts';
import { say } from '../output.ts';
import { UsageError } from '../process/exit.ts';
import { writing } from './writing.ts';

/** Maximum number of attempts. Each one fails because another process has just released and removed the lock file. */
const TRIES = 100;

/** Resolves with a function that releases the lock. @throws UsageError while another process holds it */
export async function lock(file: string): Promise<() => Promise<void>> {
  const path = `${file}.lock`;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const handle = await writing(path, () => openLock(path));
    const held = await take(handle, file, path).catch(async (error) => {
      await handle.close();
      throw error;
    });
    if (!held) await handle.close();
    else return () => release(handle, path);
  }
  throw new UsageError(`${path} changes all the time: is ${file} being replayed?`);
}

/** Returns false when the lock file was removed before it was locked, because it would not keep others out. */
async function take(handle: FileHandle, file: string, path: string): Promise<boolean> {
  const errno = tryFlock(handle.fd);
  if (errno === TAKEN) throw new UsageError(`${file} is being replayed${await ownerOf(handle)}`);
  const [ours, named] = await Promise.all([handle.stat(), statIfThere(path)]);
  if (ours.ino !== named?.ino || ours.dev !== named.dev) return false;
  await sayOwner(handle).catch(() => {}); // on a full disk the lock is held all the same
  return true;
}

async function sayOwner(handle: FileHandle): Promise<void> {
  await handle.truncate();
  await handle.write(`process ${process.pid} on ${hostname()}\n`, 0);
}

/** Returns the error number, or 0. Where there are no locks it only warns. */
function tryFlock(fd: number): number {
  try {
    const errno = loadFlock('the lock of a replay')(fd, LOCK_EX | LOCK_NB);
    if (errno !== 0 && errno !== TAKEN)
      say(`warn  the file cannot be locked (errno ${errno}): run one replay at a time`);
    return errno;
  } catch (error) {
    say(`warn  ${asError(error).message}; run one replay of a file at a time`);
    return 0;
  }
}

/** Returns the owner for the error of the refused process. No decision depends on it. */
async function ownerOf(handle: FileHandle): Promise<string> {
  const [owner] = (await handle.readFile('utf8').catch(() => '')).split('\n', 1);
  return owner ? ` by ${owner}` : '';
}

async function release(handle: FileHandle, path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } finally {
    await handle.close();
  }
}
