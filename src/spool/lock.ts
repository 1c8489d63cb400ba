/**
 * Locks a spool's directory for one producer. The system holds the lock for the process, and frees it however the process ends.
 *
 * The caller's thread takes the lock, because Node closes the files of a worker that ends.
 */

import fs from 'node:fs';
import { constants, hostname } from 'node:os';
import { join } from 'node:path';
import { asError, SpoolError, SpoolLockedError } from '../shared/errors.ts';
import { makeDirectory } from '../shared/files/durable.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH, loadFlock, TAKEN } from '../shared/files/flock.ts';
import { openLockNow, openOwnNow } from '../shared/files/own-files.ts';
import { isThereNow } from '../shared/files/whole-reads.ts';
import { closeQuietly, DIRECTORY_MODE, reading, readPiece, writing } from './files.ts';

export const LOCK_NAME = 'owner.lock';
const LOCK_UN = 8;
/**
 * `ownerOf` holds the lock for a moment to test whether it is free. A producer that wants the lock in this moment must not be
 * refused. It therefore tries 3 times, with pauses of 2 ms.
 */
const ASKED_AGAIN = 3;
const ASK_AGAIN_MS = 2;

/**
 * A lock, held until it is released or the process ends. It belongs to the process, not to the thread that took it. It excludes
 * other producers of the same process as well.
 */
export interface SpoolLock {
  release(): void;
}

/** Locks the directory, and creates it if it is missing. @throws SpoolLockedError when another producer has it */
export function lockSpool(directory: string): SpoolLock {
  if (!fs.existsSync(directory)) writing(directory, 'create it', () => makeDirectory(directory, DIRECTORY_MODE));
  const path = join(directory, LOCK_NAME);
  // The lock file is never deleted or renamed. Otherwise two processes could each hold the lock of a different file with this
  // name.
  const fd = writing(path, 'open it', () => openLockNow(path));
  try {
    take(fd, directory);
    writeOwner(fd);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return new HeldLock(fd);
}

class HeldLock implements SpoolLock {
  #fd: number | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  release(): void {
    // Whatever the system returns, the descriptor is closed and the lock is released with it.
    closeQuietly(this.#fd);
    this.#fd = undefined;
  }
}

/**
 * Returns the `flock` call. A file that only names its owner would not do, because it outlives a SIGKILL, and a pid means
 * nothing in another container.
 */
function flockOn(directory: string): (fd: number, operation: number) => boolean {
  if (process.platform === 'win32') throw new SpoolError('a spool needs flock, which Windows does not have');
  const flock = loadFlock('the spool');
  return (fd, operation) => {
    const errno = flock(fd, operation);
    if (errno === 0) return true;
    if (errno === TAKEN) return false;
    throw new SpoolError(`${directory}: it cannot be locked (${nameOf(errno)}): ${HINT}`);
  };
}

const HINT = 'a spool belongs on a file system with locks (flock), as local ones are';

const nameOf = (errno: number): string =>
  Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;

function take(fd: number, directory: string): void {
  const flock = flockOn(directory);
  for (let time = 0; time < ASKED_AGAIN; time++) {
    if (flock(fd, LOCK_EX | LOCK_NB)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ASK_AGAIN_MS);
  }
  throw new SpoolLockedError(
    `${directory}: another producer has this spool${inBrackets(ownerIn(fd))}; each needs its own directory`,
  );
}

/**
 * Describes the spool's owner for a person. Returns undefined if the spool has none. It changes nothing and takes the lock from
 * no producer. A producer that wants the lock in this moment may have to ask twice.
 *
 * Without locks the owner cannot be known. Then the text names the last one.
 */
export function ownerOf(directory: string): string | undefined {
  const path = join(directory, LOCK_NAME);
  if (!reading(path, () => isThereNow(path))) return undefined;
  const fd = reading(path, () => openOwnNow(path, fs.constants.O_RDONLY));
  try {
    const flock = flockOn(directory);
    if (!flock(fd, LOCK_SH | LOCK_NB)) return ownerIn(fd) || 'a producer that does not say its name';
    flock(fd, LOCK_UN);
    return undefined;
  } catch (error) {
    return `perhaps ${ownerIn(fd) || 'another process'}, which a lock cannot show here (${asError(error).message})`;
  } finally {
    fs.closeSync(fd);
  }
}

/** Writes who owns the spool, for the error text of a producer that is refused. No code relies on it. */
function writeOwner(fd: number): void {
  const owner = Buffer.from(`process ${process.pid} on ${hostname()}, since ${new Date().toISOString()}\n`);
  try {
    fs.ftruncateSync(fd);
    fs.writeSync(fd, owner, 0, owner.length, 0);
  } catch {
    // On a full disk the lock holds without the text.
  }
}

/** Reads who owns the spool, as text for a person. A read that fails must not hide that there is an owner, so it returns ''. */
function ownerIn(fd: number): string {
  try {
    return readPiece(fd, 0, 200).toString().split('\n', 1)[0] ?? '';
  } catch {
    return '';
  }
}

const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);
