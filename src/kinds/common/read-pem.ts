/** Reads certificates and keys: the bundles of systems have 200 KiB. */

import { readBounded } from '../../shared/files/whole-reads.ts';

const MOST_BYTES = 16 * 2 ** 20;

/**
 * A pipe is refused, as it would be empty at the second connection. @throws RangeError for what is no regular file, or larger; the
 * system's error
 */
export const readPem = (path: string): Buffer => readBounded(path, MOST_BYTES);

/** Why it could not be read, as the rest of a sentence that begins with the file. */
export const whyUnread = (error: unknown): string =>
  error instanceof RangeError ? error.message : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
