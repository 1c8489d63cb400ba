/** Who owns a spool's directory: a lock that the system holds for the process, and frees however that ends. */

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
/** `ownerOf` has the lock for a moment to see whether it is free; nobody is refused because of that. */
const ASKED_AGAIN = 3;
const ASK_AGAIN_MS = 2;

/**
 * Held until it is released, or the process ends. It belongs to the process, not to the thread that took it, and excludes
 * others in the same process as well.
 */
export interface SpoolLock {
  release(): void;
}

/** Makes the directory if need be. @throws SpoolLockedError when somebody else has it */
export function lockSpool(directory: string): SpoolLock {
  if (!fs.existsSync(directory)) writing(directory, 'create it', () => makeDirectory(directory, DIRECTORY_MODE));
  const path = join(directory, LOCK_NAME);
  // Never deleted and never renamed: two could hold the lock of two files of that name.
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
    // Whatever the system answers: the descriptor is gone, and the lock with it.
    closeQuietly(this.#fd);
    this.#fd = undefined;
  }
}

/** A file that merely says who made it would outlive a SIGKILL, and a pid means nothing in another container. */
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
 * Who has the spool, in words; undefined where nobody has. Changes nothing, and takes the lock from nobody: at most somebody who
 * wants it in this moment has to ask twice. Where there are no locks, nobody can tell: then who was the last to have it is named.
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
    return `perhaps ${ownerIn(fd) || 'somebody'}, as no lock can tell (${asError(error).message})`;
  } finally {
    fs.closeSync(fd);
  }
}

/** For the one who is refused; nothing relies on it. */
function writeOwner(fd: number): void {
  const owner = Buffer.from(`process ${process.pid} on ${hostname()}, since ${new Date().toISOString()}\n`);
  try {
    fs.ftruncateSync(fd);
    fs.writeSync(fd, owner, 0, owner.length, 0);
  } catch {
    // On a full disk the lock holds all the same.
  }
}

/** For people, so that one who cannot be named does not hide that there is one. */
function ownerIn(fd: number): string {
  try {
    return readPiece(fd, 0, 200).toString().split('\n', 1)[0] ?? '';
  } catch {
    return '';
  }
}

const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);
