/** Recognizes devices that a person may name as the output instead of a file. */

import fs, { type Stats } from 'node:fs';
import tty from 'node:tty';

const { O_WRONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;

/**
 * Classifies a path for a program that appends lines. @throws the system's error
 *
 * - `file`: a file, a directory, or nothing yet.
 * - `output`: a terminal, `/dev/null`, or a pipe without a name, as `/dev/stdout` may be.
 * - `other`: a device that would take lines and lose them, such as `/dev/zero`, or that would wait, such as a named pipe.
 */
export function appendedAs(path: string): 'file' | 'output' | 'other' {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return 'file';
  if (found.isFIFO()) return hasName(path) ? 'other' : 'output';
  return found.isCharacterDevice() && (isNull(found) || isTerminal(path)) ? 'output' : 'other';
}

/** Whether a pipe has a name in a folder. A pipe of the shell is behind `/dev/fd`, whose links lead to names that no folder has. */
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
