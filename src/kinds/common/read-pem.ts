/** Reads the certificates and keys that outspool itself parses. Files that only librdkafka parses may be larger. */

import { readBounded } from '../../shared/files/whole-reads.ts';

/** Maximum size in bytes of a certificate or key file. The CA bundles of operating systems have 200 KiB. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Reads certificates or keys. A pipe is refused, because it would be empty at the second connection.
 * @throws RangeError for a file that is not regular or too large; the system's error
 */
export const readPem = (path: string): Buffer => readBounded(path, MOST_BYTES);

/** Explains why a file could not be read, as the end of a sentence that begins with the file's name. */
export const whyUnread = (error: unknown): string =>
  error instanceof RangeError ? error.message : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
