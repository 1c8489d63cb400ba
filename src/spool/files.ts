/** Reads and writes files completely or not at all, and turns errors of the system into SpoolErrors with readable messages. */

import fs from 'node:fs';
import { SpoolError, SpoolWriteError } from '../shared/errors.ts';
import { syncData, syncDataNow } from '../shared/files/durable.ts';
import { openOwnNow } from '../shared/files/own-files.ts';
import { readWhole } from '../shared/files/whole-reads.ts';
import { errnoText } from '../shared/util/errno-text.ts';
import { systemCode } from '../shared/util/system-code.ts';

export const DIRECTORY_MODE = 0o700;
/** Flags that create a file, and fail if one is there. */
export const NEW_FILE = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL;

/** A spool opens nothing through a link. */
const MEANINGS = { ELOOP: 'it is a link, or no regular file, which a spool never has' };

/** Advice to an operator about a file that cannot be read, by error code. */
const ADVICE: Readonly<Record<string, string>> = {
  EIO: 'if that stays so, put a copy in its place that leaves out what the device cannot read (ddrescue makes one)',
  EACCES: "let the process's user read it",
  EPERM: "let the process's user read it",
  EMFILE: 'raise the limit (ulimit -n)',
};

/** Whether an error code means that the disk or the quota is full. */
export const isFullDisk = (code: string): boolean => code === 'ENOSPC' || code === 'EDQUOT';

export const codeOf = (thrown: unknown): string => String(systemCode(thrown) ?? 'UNKNOWN');

/** Builds the error text: which file, what was tried, why it failed. */
const describe = (thrown: unknown, path: string, tried: string): string =>
  `${path}: cannot ${tried}: ${errnoText(thrown, MEANINGS)}`;

export const writeError = (thrown: unknown, path: string, tried: string): SpoolWriteError =>
  new SpoolWriteError(describe(thrown, path, tried), codeOf(thrown), { cause: thrown });

/** Runs `act`, and turns an error of the system into a SpoolWriteError. */
export function writing<T>(path: string, tried: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SpoolError ? error : writeError(error, path, tried);
  }
}

/**
 * Runs `act`, and turns an error of the system into a SpoolError with that error as its cause. A failed read proves nothing
 * about the content of a file. Only bytes that were read, and end early or have a wrong CRC, are damaged.
 */
export function reading<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SpoolError ? error : readError(error, path);
  }
}

function readError(thrown: unknown, path: string): SpoolError {
  const advice = ADVICE[codeOf(thrown)] ?? 'see to it that it can be read';
  const message = `${describe(thrown, path, 'read it')}; nothing counts as lost and nothing was changed: ${advice}`;
  return new SpoolError(message, { cause: thrown });
}

/** Returns the system's error code if it is why the spool could not be read or written, and undefined for every other error. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof SpoolError) || error.cause === undefined) return undefined;
  const code = codeOf(error.cause);
  return SYSTEM_CODE.test(code) ? code : undefined;
}

/** Matches error codes of the system. Node's own codes begin with `ERR_`. */
const SYSTEM_CODE = /^E(?!RR_)/;

/** Opens a file for reading, runs `work`, and closes the file. @throws SpoolError */
export function withFile<T>(path: string, work: (fd: number) => T): T {
  const fd = reading(path, () => openOwnNow(path, fs.constants.O_RDONLY));
  try {
    return reading(path, () => work(fd));
  } finally {
    closeQuietly(fd);
  }
}

/** Reads `length` bytes from `at` on, or fewer if the file ends before. @throws the system's error */
export function readPiece(fd: number, at: number, length: number): Buffer {
  const piece = Buffer.alloc(length);
  return piece.subarray(0, readWhole(fd, piece, Math.max(0, at)));
}

/** Reads a whole file. Returns undefined if there is no such file. @throws SpoolError if it cannot be read */
export function readFileIfThere(path: string): Buffer | undefined {
  try {
    return withFile(path, (fd) => readPiece(fd, 0, fs.fstatSync(fd).size));
  } catch (error) {
    if (refusalOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes all parts at `position`, in bytes. If the system takes only a part, as when a disk is getting full, the rest is
 * written by another call.
 */
export function writeAll(fd: number, parts: readonly Uint8Array[], position: number): number {
  const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
  let written = fs.writevSync(fd, parts, position);
  while (written < total) {
    const more = fs.writevSync(fd, behind(parts, written), position + written);
    if (more === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' });
    written += more;
  }
  return total;
}

function behind(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  return parts.flatMap((part) => {
    const from = Math.min(skip, part.byteLength);
    skip -= from;
    return from < part.byteLength ? [part.subarray(from)] : [];
  });
}

/** Syncs the content of a file. @throws SpoolWriteError; the file must not be trusted any more (durable.ts) */
export const dataSync = (fd: number, path: string): Promise<void> =>
  syncData(fd).catch((error) => {
    throw writeError(error, path, 'sync');
  });

/** Returns the name under which a damaged file is kept for inspection. outspool never reads a file of such a name. */
const asideName = (path: string): string => `${path}.damaged-${Date.now()}`;

export const moveAside = (path: string): void => fs.renameSync(path, asideName(path));

/**
 * Gives a file a second name under which it is kept. The file keeps its own name as well. As a link the second name takes no
 * space while the first one exists. A file system without links gets a copy.
 */
export function linkAside(path: string): void {
  const aside = asideName(path);
  try {
    fs.linkSync(path, aside);
  } catch {
    copyAside(path, aside);
  }
}

function copyAside(path: string, aside: string): void {
  fs.copyFileSync(path, aside, fs.constants.COPYFILE_EXCL);
  const fd = fs.openSync(aside, 'r+');
  try {
    syncDataNow(fd);
  } finally {
    fs.closeSync(fd);
  }
}

export function closeQuietly(fd: number | undefined): void {
  if (fd === undefined) return;
  try {
    fs.closeSync(fd);
  } catch {
    // The content was synced before, so a failed close loses nothing.
  }
}

/** Removes a useless file without an error, because the caller reports another failure. A file that stays is removed later. */
export function removeQuietly(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // The next writer that needs the name removes the file or moves it aside.
  }
}
