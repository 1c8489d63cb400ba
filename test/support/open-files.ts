/** Which files this process has open, on Linux; elsewhere none are known. */

import fs from 'node:fs';

const DESCRIPTORS = '/proc/self/fd';

/** Files below the directory that this process has open. */
export const openIn = (directory: string): string[] =>
  fs.existsSync(DESCRIPTORS)
    ? fs
        .readdirSync(DESCRIPTORS)
        .map(targetOf)
        .filter((path) => path.startsWith(directory))
    : [];

/** Empty for the one that listed them, which is closed by now. */
function targetOf(descriptor: string): string {
  try {
    return fs.readlinkSync(`${DESCRIPTORS}/${descriptor}`);
  } catch {
    return '';
  }
}
