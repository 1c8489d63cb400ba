/** Reads certificates and keys: the bundles of systems have 200 KiB. */

import { readBounded } from '../whole-reads.ts';

const MOST_BYTES = 16 * 2 ** 20;

/** @throws RangeError for what is no regular file, or larger; the system's error */
export const readPem = (path: string): Buffer => readBounded(path, MOST_BYTES);
