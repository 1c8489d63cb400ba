/**
 * Opens files of our own: checkpoints, locks, spools, journals, dead letters. Another user may be able to put a link or a pipe
 * in their place. A link is followed only where its owner is this user or root, and nothing but a regular file is opened.
 */

import fs, { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { isDescriptor } from './descriptor-path.ts';
import { undefinedIfMissing } from './whole-reads.ts';

/** For this user only, whatever the umask. */
export const OWN_MODE = 0o600;

/** As many links as Linux follows. */
const MOST_LINKS = 40;

const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** To open a pipe without O_NONBLOCK would wait for another process. The link of a descriptor is the system's. */
const safely = (path: string): number => (isDescriptor(path) ? 0 : O_NOFOLLOW) | O_NONBLOCK;

const refused = (path: string, why: string, code = 'ELOOP'): Error =>
  Object.assign(new Error(`${path} ${why}`), { code, syscall: 'open', path });

/** Opens a file that is no link, with mode 0600 where it is made. @throws the system's error; `ELOOP` for what is not opened */
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

/** The same on this thread. */
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

function opened(path: string, flags: number): number {
  try {
    return fs.openSync(path, flags | safely(path), OWN_MODE);
  } catch (error) {
    throw withReason(path, error);
  }
}

/** A pipe that nothing reads, and a socket, cannot be opened: ENXIO. */
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

/** Root could put a file in the place of `/dev/null`. @throws `ELOOP` for what is neither a file nor a folder nor a link */
export function refuseDevice(path: string, found: Stats): void {
  if (!found.isFile() && !found.isDirectory() && !found.isSymbolicLink()) throw refused(path, NO_FILE);
}

/** Whether the umask has taken from a new file what its owner needs to open it again. */
const isUnusable = ({ mode }: Stats, flags: number): boolean =>
  (flags & constants.O_CREAT) !== 0 && (mode & OWN_MODE) !== OWN_MODE;

/** Opens a file that is locked, and may be truncated then. A second name of it may be that of another user's file. */
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

/** The same on this thread. */
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

/** Some file systems refuse every change of a mode (drvfs, FUSE). A lock that others may open works all the same. */
const leftAsItIs = (): void => {};

function tightenNow(fd: number): void {
  try {
    fs.fchmodSync(fd, OWN_MODE);
  } catch {
    leftAsItIs();
  }
}

/** Returns whether other users may open it, who could then hold the lock, and this user may change that. */
function demandOneName(path: string, { nlink, mode, uid }: Stats): boolean {
  if (nlink > 1) throw refused(path, 'has a second name, so it is not used as a lock');
  return (mode & 0o777) !== OWN_MODE && uid === process.geteuid?.();
}

/**
 * The file that a path of the configuration stands for: where it is a link, the link's target, so that a rename replaces the
 * target and not the link. The file need not be there. Ends at a descriptor's path, as its file may be renamed at any time.
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

/** Whether another user than this one and root owns it. */
function isOfOther({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

/**
 * How other users can replace the files of a folder, in words that follow its name. Undefined where they cannot, or where the
 * folder cannot be looked at: a warning is all that depends on it. That this user's own group may write is no risk: such are the
 * homes of many systems, and the volumes of Kubernetes.
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

function statOrUndefined(path: string, look: (path: string) => Stats = fs.statSync): Stats | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}

const isOwnGroup = (gid: number): boolean =>
  gid === process.getegid?.() || process.getgroups?.().includes(gid) === true;
