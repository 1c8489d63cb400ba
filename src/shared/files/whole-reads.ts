/** Reads files without taking a part for the whole, or a failure for a missing file. */

import fs, { type Stats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';

/**
 * Reads until the target is full or the file ends. Returns the number of bytes read. The system may return less than was asked for
 * in the middle of a file, and a signal may interrupt a read; both are continued. @throws the system's error
 */
export function readWhole(fd: number, target: Uint8Array, position: number): number {
  let read = 0;
  while (read < target.length) {
    const more = unlessInterrupted(() => fs.readSync(fd, target, read, target.length - read, position + read));
    if (more === 0) break;
    read += more ?? 0;
  }
  return read;
}

/** Returns undefined where a signal has interrupted the call. libuv repeats every such call but a read. */
function unlessInterrupted(call: () => number): number | undefined {
  try {
    return call();
  } catch (error) {
    return undefinedIfInterrupted(error);
  }
}

function undefinedIfInterrupted(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'EINTR') throw error;
}

/** Does the same as `readWhole` for a file handle. */
export async function readWholeFrom(file: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let read = 0;
  while (read < target.length) {
    const reading = file.read(target, read, target.length - read, position + read);
    const more = (await reading.catch(undefinedIfInterrupted))?.bytesRead;
    if (more === 0) break;
    read += more ?? 0;
  }
  return read;
}

/** Flags for reading. Without O_NONBLOCK, opening a pipe would wait for another process. */
export const TO_READ = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);
const PIECE_BYTES = 64 * 1024;

/**
 * Reads all of a regular file that another program has made. Devices have no end, and pipes may never have one. The size that the
 * system reports is no bound, because files of /proc report none. @throws RangeError for anything but a regular file, and for a
 * larger one; the system's error
 */
export const readBounded = (path: string, mostBytes: number): Buffer =>
  withRegular(path, (fd, size) => {
    const parts: Buffer[] = [];
    for (let bytes = 0; ; ) {
      const part = Buffer.alloc(Math.min(Math.max(size - bytes, 0) + PIECE_BYTES, mostBytes + 1));
      const read = readWhole(fd, part, bytes);
      parts.push(part.subarray(0, read));
      bytes += read;
      if (bytes > mostBytes) throw tooLarge(mostBytes);
      if (read < part.length) return Buffer.concat(parts);
    }
  });

/**
 * Checks, without waiting, that a path is a regular file of any size whose first byte can be read. A file of /proc may never have
 * one. @throws RangeError for anything but a regular file; the system's error
 */
export const probeRegular = (path: string): void => withRegular(path, (fd) => void readWhole(fd, Buffer.alloc(1), 0));

/** Opens a regular file for `act`, and closes it. */
function withRegular<T>(path: string, act: (fd: number, size: number) => T): T {
  const fd = fs.openSync(path, TO_READ);
  try {
    const found = fs.fstatSync(fd);
    if (found.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR' });
    if (!found.isFile()) throw new RangeError('is no regular file');
    return act(fd, found.size);
  } finally {
    fs.closeSync(fd);
  }
}

export const tooLarge = (mostBytes: number): RangeError => new RangeError(`is larger than ${mostBytes / 2 ** 20} MiB`);

/** Whether an error means that the file, or a folder above it, does not exist. Any other error leaves that open. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A handler for `catch`: returns undefined where the file does not exist. @throws every other error */
export function undefinedIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** Returns undefined where the file does not exist. @throws the system's error where that cannot be known */
export const statIfThere = (path: string): Promise<Stats | undefined> => stat(path).catch(undefinedIfMissing);

/** Whether a file exists. @throws the system's error where that cannot be known, for which `existsSync` returns false */
export function isThereNow(path: string): boolean {
  try {
    fs.statSync(path);
    return true;
  } catch (error) {
    undefinedIfMissing(error);
    return false;
  }
}
