/** Tells which files can be read repeatedly. It imports no schema, because the native client's glue code uses it as well. */

import { type Stats, statSync } from 'node:fs';

/** A pipe of the shell, such as `/dev/fd/63`, would be empty at the second reading. */
export const READ_ONCE = 'which is a pipe, and it is read more than once: name a regular file';
export const NO_FILE = 'which is no regular file';

/** Returns why a file cannot be read repeatedly: it is a pipe, or no regular file. Undefined where it can, or does not exist. */
export function notReread(path: string): typeof READ_ONCE | typeof NO_FILE | undefined {
  const found = path.includes('\0') ? undefined : statIfAny(path);
  if (found === undefined || found.isFile() || found.isDirectory()) return undefined;
  return found.isFIFO() ? READ_ONCE : NO_FILE;
}

function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
