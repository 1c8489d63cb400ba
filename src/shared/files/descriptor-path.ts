/** Recognizes paths of the descriptors of a process, such as those behind `/dev/stdout` and `/dev/fd/3`. */

import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A descriptor's path in which all links above the last part have been followed. */
const DESCRIPTOR = /^\/(?:dev|proc\/\d+(?:\/task\/\d+)?)\/fd\/\d+$/;

/** Whether a path stands for an open file, whatever its name is by now. Such a file is appended to and never rotated. */
export const isDescriptor = (path: string): boolean => DESCRIPTOR.test(path);

/** Maximum number of links in a row, as in Linux. */
const MOST_LINKS = 40;

/** Whether a path is a descriptor's, or a link that leads to one. */
export function leadsToDescriptor(path: string, links = MOST_LINKS): boolean {
  try {
    const folder = realpathSync(dirname(path));
    const here = join(folder, basename(path));
    return isDescriptor(here) || (links > 0 && leadsToDescriptor(resolve(folder, readlinkSync(here)), links - 1));
  } catch {
    return false; // it is no link, or does not exist
  }
}
