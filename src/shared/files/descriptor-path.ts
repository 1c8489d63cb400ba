/** Paths of the descriptors of a process, such as those behind `/dev/stdout` and `/dev/fd/3`. */

import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** With every link above it followed. */
const DESCRIPTOR = /^\/(?:dev|proc\/\d+(?:\/task\/\d+)?)\/fd\/\d+$/;

/**
 * Whether a path stands for an open file, whatever that file is called by now. A rename of the file changes where the path leads,
 * so such a file is appended to and never rotated.
 */
export const isDescriptor = (path: string): boolean => DESCRIPTOR.test(path);

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** Whether a path is one of these, or a link that leads to one. */
export function leadsToDescriptor(path: string, links = MOST_LINKS): boolean {
  try {
    const folder = realpathSync(dirname(path));
    const here = join(folder, basename(path));
    return isDescriptor(here) || (links > 0 && leadsToDescriptor(resolve(folder, readlinkSync(here)), links - 1));
  } catch {
    return false; // it is no link, or is not there
  }
}
