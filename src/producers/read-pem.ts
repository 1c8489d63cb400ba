/** Reads certificates and keys: the bundles of systems have 200 KiB. */

import { readGivenNow } from '../pipe-reads.ts';

const MOST_BYTES = 16 * 2 ** 20;

/** @throws RangeError for what is no regular file and no pipe of the shell, or larger; the system's error */
export const readPem = (path: string): Buffer => readGivenNow(path, MOST_BYTES);
