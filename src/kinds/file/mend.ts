/**
 * Decides how to repair the end of a file after a crash or a full disk. In every case the next line starts on a line of its own.
 *
 *    last line without LF      repair            reason
 *    half of a JSON value      is cut off        it was never delivered
 *    whole JSON value          gets a LF         it may belong to another program
 *    anything else, or huge    gets TORN + LF    only its writer can read it; torn dead letters have the same mark
 */

import type { FileHandle } from 'node:fs/promises';
import { TORN } from '../../caller/dead-letters/letter-file.ts';
import { TransientSendError } from '../../shared/errors.ts';
import { readWholeFrom } from '../../shared/files/whole-reads.ts';

const LF = 0x0a;
const STEP_BYTES = 64 * 1024;
/** Longest last line, in bytes, that is read into memory to classify it. */
const LONGEST_TAIL = 64 * 2 ** 20;

/** The repair that the end of a file needs. */
export type Mending =
  | { readonly way: 'nothing' }
  | { readonly way: 'cut'; readonly size: number; readonly bytes: number }
  | { readonly way: 'append'; readonly bytes: Buffer };

/** Ends a line that must stay although it is incomplete. */
export const MARK: Buffer = Buffer.from([TORN, LF]);

export async function mendingOf(file: FileHandle, size: number): Promise<Mending> {
  const tail = await unfinishedLine(file, size);
  if (tail?.length === 0) return { way: 'nothing' };
  const kind = tail === undefined ? 'foreign' : kindOf(tail);
  if (tail !== undefined && kind === 'half') return { way: 'cut', size: size - tail.length, bytes: tail.length };
  return { way: 'append', bytes: kind === 'whole' ? Buffer.from([LF]) : MARK };
}

/** Returns the bytes after the last line feed, or undefined where they are too many. */
async function unfinishedLine(file: FileHandle, size: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (let end = size; end > 0; end -= STEP_BYTES) {
    const part = await read(file, Math.max(0, end - STEP_BYTES), end);
    const at = part.lastIndexOf(LF);
    parts.unshift(part.subarray(at + 1));
    if (at >= 0) break;
    if (size - end > LONGEST_TAIL) return undefined;
  }
  return Buffer.concat(parts);
}

/** Reads a range of the file. @throws TransientSendError when the file has become shorter, and its end must be examined again */
async function read(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const part = Buffer.alloc(to - from);
  const bytes = await readWholeFrom(file, part, from);
  if (bytes < part.length) throw new TransientSendError('it was cut while its end was looked at');
  return part;
}

/** Classifies an unfinished line. Only objects, arrays and strings have a visible end; a number may be half of a longer one. */
function kindOf(tail: Buffer): 'whole' | 'half' | 'foreign' {
  if (!/^[[{"]/.test(tail.toString('latin1', 0, 1))) return 'foreign';
  try {
    JSON.parse(tail.toString());
    return 'whole';
  } catch {
    return 'half';
  }
}
