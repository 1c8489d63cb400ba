/** What the system's errors mean for a file. */

import { asError } from '../errors.ts';
import { systemCode } from './system-code.ts';

type Texts = Readonly<Record<string, string>>;

/** What is the matter with the path, as the predicate of a sentence about it. */
export const PATH_TEXTS: Texts = {
  ENOENT: 'does not exist',
  EISDIR: 'is a directory',
  ENAMETOOLONG: 'has too long a name',
  ENXIO: 'is no regular file', // a socket
  ELOOP: 'is a link that leads round in a circle',
};

/** Returns why outspool itself refuses a path (`own-files.ts`), as the predicate of a sentence. Undefined for the system's errors. */
export const refusalOf = (thrown: unknown): string | undefined => (thrown as { refusal?: string } | undefined)?.refusal;

const TEXTS: Texts = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the system takes no larger file',
  EROFS: 'the file system is read-only',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EIO: 'the device failed',
  ENOTDIR: 'a part of the path is not a directory',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the whole system',
  ESTALE: 'the file server has forgotten it',
  ...Object.fromEntries(Object.entries(PATH_TEXTS).map(([code, text]) => [code, `it ${text}`])),
};

/** Returns the meaning of a system error with its code. `own` has texts that fit the caller's files better. Other errors keep their message. */
export function errnoText(thrown: unknown, own: Texts = {}): string {
  const code = String(systemCode(thrown));
  const refusal = refusalOf(thrown);
  const text = refusal === undefined ? (own[code] ?? TEXTS[code]) : `it ${refusal}`;
  return text === undefined ? asError(thrown).message : `${text} (${code})`;
}
