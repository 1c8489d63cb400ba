/**
 * What a producer's process tells the harness, line by line. A line is with the system when `note` returns, so that it
 * survives the SIGKILL of whoever wrote it.
 */

import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Each thread has its own pipe, or lines would mix. */
export const MAIN_PIPE = 3;
export const WORKER_PIPE = 4;

export function note(what: string, ...rest: readonly (string | number)[]): void {
  let left = Buffer.from(`${[what, ...rest].join(' ')}\n`);
  while (left.length > 0) left = left.subarray(written(left));
}

function written(bytes: Buffer): number {
  try {
    return writeSync(isMainThread ? MAIN_PIPE : WORKER_PIPE, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0; // the harness reads: there will be room
    throw error;
  }
}
