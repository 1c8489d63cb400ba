/** Explains the system's errors when a file cannot be written. */

import { asError } from '../../shared/errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the system takes no larger file',
  EACCES: 'this user may not write to it',
  EPERM: 'the system does not allow it',
  EROFS: 'the file system is read-only',
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is not a folder',
  EISDIR: 'it is a folder',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  EIO: 'the disk does not work',
};

export function trouble(path: string, thrown: unknown): string {
  const { message, code } = asError(thrown) as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : WORDS[code];
  return `cannot write to ${path}: ${words === undefined ? message : `${words} (${code})`}`;
}
