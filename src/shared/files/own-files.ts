/**
 * Opens outspool's own files: checkpoints, locks, spools, journals, dead letters. Another user may be able to replace them by a
 * link or a pipe. A link is followed only where its owner is this user or root, and nothing but a regular file is opened.
 */

import fs, { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { isDescriptor } from './descriptor-path.ts';
import { readWholeFrom, tooLarge, undefinedIfMissing } from './whole-reads.ts';

/** Mode of our files, which only this user may read and write, whatever the umask. */
export const OWN_MODE = 0o600;

/** Maximum number of links in a row, as in Linux. */
const MOST_LINKS = 40;

const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Adds the flags that make opening safe. Without O_NONBLOCK, opening a pipe would wait for another process. O_NOFOLLOW refuses
 * links, but the link of a descriptor is the system's own.
 */
const safely = (path: string): number => (isDescriptor(path) ? 0 : O_NOFOLLOW) | O_NONBLOCK;

/** `errnoText` and `reason` report the refusal. */
const refused = (path: string, refusal: string, code = 'ELOOP'): Error =>
  Object.assign(new Error(`${path} ${refusal}`), { code, syscall: 'open', path, refusal });

/** Opens a file that is no link, with mode 0600. @throws the system's error; `ELOOP` for a link or no regular file */
export async function openOwn(path: string, flags: number): Promise<FileHandle> {
  const file = await open(path, flags | safely(path), OWN_MODE).catch((error) => {
    throw withReason(path, error);
  });
  try {
    const found = await file.stat();
    demandRegular(path, found);
    if (isUnusable(found, flags)) await file.chmod(OWN_MODE);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Does the same as `openOwn`, synchronously. */
export function openOwnNow(path: string, flags: number): number {
  const fd = opened(path, flags);
  try {
    const found = fs.fstatSync(fd);
    demandRegular(path, found);
    if (isUnusable(found, flags)) fs.fchmodSync(fd, OWN_MODE);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Reads all of such a file. @throws as `openOwn`; RangeError for a larger file */
export async function readOwn(path: string, mostBytes: number): Promise<Buffer> {
  const file = await openOwn(path, constants.O_RDONLY);
  try {
    const { size } = await file.stat();
    if (size > mostBytes) throw tooLarge(mostBytes);
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, await readWholeFrom(file, bytes, 0));
  } finally {
    await file.close();
  }
}

function opened(path: string, flags: number): number {
  try {
    return fs.openSync(path, flags | safely(path), OWN_MODE);
  } catch (error) {
    throw withReason(path, error);
  }
}

/** Explains why opening failed. ENXIO means a pipe without a reader, or a socket. */
function withReason(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ELOOP' || code === 'EMLINK') return refused(path, 'is a link, which is not followed here');
  return code === 'ENXIO' ? refused(path, NO_FILE) : error;
}

const NO_FILE = 'is no regular file';

function demandRegular(path: string, found: Stats): void {
  if (found.isDirectory()) throw refused(path, 'is a directory', 'EISDIR');
  if (!found.isFile()) throw refused(path, NO_FILE);
}

/** Refuses to replace a device, as root could. @throws `ELOOP` for anything but a file, a folder or a link */
export function refuseDevice(path: string, found: Stats): void {
  if (!found.isFile() && !found.isDirectory() && !found.isSymbolicLink()) throw refused(path, NO_FILE);
}

/** Whether the umask has removed from a new file the mode bits that its owner needs to open it again. */
const isUnusable = ({ mode }: Stats, flags: number): boolean =>
  (flags & constants.O_CREAT) !== 0 && (mode & OWN_MODE) !== OWN_MODE;

/** Gives a new file of this user the mode bits that the umask has removed, and that its owner needs to open it again. */
export async function undoUmask(file: FileHandle, found: Stats): Promise<void> {
  if (found.uid === process.geteuid?.() && isUnusable(found, constants.O_CREAT)) await file.chmod(OWN_MODE);
}

/** Opens a lock file, which may be truncated once it is locked. It is refused where it has a second name. */
export async function openLock(path: string): Promise<FileHandle> {
  const file = await openOwn(path, constants.O_RDWR | constants.O_CREAT);
  try {
    if (demandOneName(path, await file.stat())) await file.chmod(OWN_MODE).catch(leftAsItIs);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Does the same as `openLock`, synchronously. */
export function openLockNow(path: string): number {
  const fd = openOwnNow(path, constants.O_RDWR | constants.O_CREAT);
  try {
    if (demandOneName(path, fs.fstatSync(fd))) tightenNow(fd);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Ignores a refused change of the mode: some file systems refuse every one (drvfs, FUSE), and the lock works all the same. */
const leftAsItIs = (): void => {};

function tightenNow(fd: number): void {
  try {
    fs.fchmodSync(fd, OWN_MODE);
  } catch {
    leftAsItIs();
  }
}

/** Refuses a lock file with a second name. Returns whether others may open the file, and this user may change its mode. */
function demandOneName(path: string, { nlink, mode, uid }: Stats): boolean {
  if (nlink > 1) throw refused(path, 'has a second name, so it is not used as a lock');
  return (mode & 0o777) !== OWN_MODE && uid === process.geteuid?.();
}

/**
 * Returns the file that a path of the configuration leads to. Where the path is a link, that is the link's target, so that a rename
 * replaces the target and not the link. The file need not exist. Ends at a descriptor's path, as its file may be renamed at any
 * time.
 * @throws `ELOOP` where another user has made the link
 */
export async function ownTarget(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const found = await lstat(target).catch(undefinedIfMissing);
    if (!found?.isSymbolicLink()) return target;
    if (isOfOther(found)) throw refused(target, `is a link that user ${found.uid} has made, which is not followed`);
    const folder = await realpath(dirname(target));
    const descriptor = resolve(folder, basename(target));
    if (isDescriptor(descriptor)) return descriptor;
    target = resolve(folder, await readlink(target));
  }
  throw refused(path, 'is a link that leads round in a circle');
}

/** Whether a user other than this one and root owns the file. */
function isOfOther({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

/**
 * Tells how other users can replace the files of a folder, as the rest of a sentence that begins with its name. Undefined where
 * they cannot, or where the folder cannot be read, because only a warning depends on it. Write access of this user's own group is
 * no risk. The home directories of many systems and the volumes of Kubernetes have it.
 */
export function folderRisk(folder: string): string | undefined {
  const [found, named] = [statOrUndefined(folder), statOrUndefined(folder, fs.lstatSync)];
  if (found === undefined || process.geteuid === undefined) return undefined;
  if (named?.isSymbolicLink() && isOfOther(named))
    return `is a link that user ${named.uid} has made, who can lead it elsewhere`;
  if (isOfOther(found)) return `belongs to user ${found.uid}, who can replace the files in it`;
  const isOpen = (found.mode & 0o002) !== 0 || ((found.mode & 0o020) !== 0 && !isOwnGroup(found.gid));
  return isOpen ? 'can be written to by other users, who can put files in it' : undefined;
}

function statOrUndefined(path: string, stat: (path: string) => Stats = fs.statSync): Stats | undefined {
  try {
    return stat(path);
  } catch {
    return undefined;
  }
}

const isOwnGroup = (gid: number): boolean =>
  gid === process.getegid?.() || process.getgroups?.().includes(gid) === true;
