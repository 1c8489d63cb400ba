/**
 * What a crash, or a disk that ran full, has left of a line at a file's end. Whatever it is, the next line begins on a line of its
 * own. A half line of JSON is cut off: it was never delivered. What may be somebody else's stays: a last line without its
 * end, or one that only its writer can read, which then gets the mark that torn dead letters have.
 */

import type { FileHandle } from 'node:fs/promises';
import { TORN } from '../../caller/dead-letters/letter-file.ts';
import { TransientSendError } from '../../shared/errors.ts';
import { readWholeFrom } from '../../shared/files/whole-reads.ts';

const LF = 0x0a;
const STEP_BYTES = 64 * 1024;
/** Nobody wants more in memory to find out what it is. */
const LONGEST_TAIL = 64 * 2 ** 20;

/** What is to be done about a file's end. */
export type Mending =
  | { readonly way: 'nothing' }
  | { readonly way: 'cut'; readonly size: number; readonly bytes: number }
  | { readonly way: 'append'; readonly bytes: Buffer };

/** Ends what must stay and is no line. */
export const MARK = Buffer.from([TORN, LF]);

export async function mendingOf(file: FileHandle, size: number): Promise<Mending> {
  const tail = await unfinishedLine(file, size);
  if (tail?.length === 0) return { way: 'nothing' };
  const kind = tail === undefined ? 'foreign' : kindOf(tail);
  if (tail !== undefined && kind === 'half') return { way: 'cut', size: size - tail.length, bytes: tail.length };
  return { way: 'append', bytes: kind === 'whole' ? Buffer.from([LF]) : MARK };
}

/** The bytes behind the last line feed; undefined where they are too many. */
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

/** Shorter than the file was a moment ago: what is its end by now must be looked at anew. @throws TransientSendError */
async function read(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const part = Buffer.alloc(to - from);
  const bytes = await readWholeFrom(file, part, from);
  if (bytes < part.length) throw new TransientSendError('it was cut while its end was looked at');
  return part;
}

/** A number alone may be half of a longer one, so of JSON only what has an end of its own is known to be whole. */
function kindOf(tail: Buffer): 'whole' | 'half' | 'foreign' {
  if (!/^[[{"]/.test(tail.toString('latin1', 0, 1))) return 'foreign';
  try {
    JSON.parse(tail.toString());
    return 'whole';
  } catch {
    return 'half';
  }
}
