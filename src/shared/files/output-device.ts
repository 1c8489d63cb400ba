/** Devices that a person may want to write to in the place of a file. */

import fs, { type Stats } from 'node:fs';
import tty from 'node:tty';

const { O_WRONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;

/**
 * What a path is to a program that appends lines: `file`, also where nothing is there yet; `output` for a terminal, `/dev/null`
 * and a pipe without a name, as `/dev/stdout` may be; `other` for what would take lines and lose them, such as `/dev/zero`, or would
 * wait, such as a named pipe. @throws the system's error
 */
export function appendedAs(path: string): 'file' | 'output' | 'other' {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return 'file';
  if (found.isFIFO()) return hasName(path) ? 'other' : 'output';
  return found.isCharacterDevice() && (isNull(found) || isTerminal(path)) ? 'output' : 'other';
}

/** Whether a pipe is in a folder. One of the shell is behind `/dev/fd`, whose links lead to names that no folder has. */
export function hasName(path: string): boolean {
  try {
    fs.realpathSync.native(path);
    return true;
  } catch {
    return false;
  }
}

const isNull = ({ rdev }: Stats): boolean => fs.statSync('/dev/null', { throwIfNoEntry: false })?.rdev === rdev;

function isTerminal(path: string): boolean {
  const fd = fs.openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  try {
    return tty.isatty(fd);
  } finally {
    fs.closeSync(fd);
  }
}
