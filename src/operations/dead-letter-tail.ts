/** Reads the newest dead letters of a file and of those that were moved away from it, without reading all of them. */

import { open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { deadLetterFrom, type StoredDeadLetter } from '../caller/dead-letters/letter-line.ts';
import { isDescriptor } from '../shared/files/descriptor-path.ts';
import { rotatedFiles } from '../shared/files/file-rotation.ts';
import { isMissing, readWholeFrom, TO_READ } from '../shared/files/whole-reads.ts';

/** How much is read of all files together, in bytes. */
export const MOST_BYTES = 4 * 2 ** 20;

/** How much is parsed in one turn of the event loop, in UTF-16 units, because the loop is that of the application. */
const A_TURN = 16 * 1024;

const LF = 0x0a;

export interface Tail<T> {
  /** The newest comes first. */
  readonly letters: readonly T[];
  /** Whether there are older lines that were not looked at. */
  readonly isCut: boolean;
}

export interface TailOptions<T> {
  /** Returns what is kept of a letter; undefined for one that is left out. */
  keep(letter: StoredDeadLetter): T | undefined;
  /** Number of kept letters after which the search ends. */
  readonly most: number;
  /** @default MOST_BYTES */
  readonly mostBytes?: number;
}

export async function newestLetters<T>(file: string, options: TailOptions<T>): Promise<Tail<T>> {
  const letters: T[] = [];
  if (isDescriptor(file)) return { letters, isCut: false };
  let left = options.mostBytes ?? MOST_BYTES;
  for (const part of [...(await rotatedFiles(file)), file].reverse()) {
    if (left <= 0) return { letters, isCut: true };
    const { lines, bytes, isCut } = await lastLines(part, left);
    const isEnough = await collect(lines.reverse(), letters, options);
    if (isCut || isEnough) return { letters, isCut: true };
    left -= bytes;
  }
  return { letters, isCut: false };
}

/** Adds what is kept of these lines. Returns whether there are enough letters. */
async function collect<T>(lines: readonly string[], letters: T[], { keep, most }: TailOptions<T>): Promise<boolean> {
  let parsed = 0;
  for (const line of lines) {
    if (letters.length >= most) return true;
    parsed += line.length;
    if (parsed > A_TURN) {
      parsed = 0;
      await turn();
    }
    const letter = letterOf(line);
    const kept = letter && keep(letter);
    if (kept !== undefined) letters.push(kept);
  }
  return false;
}

interface LastLines {
  readonly lines: string[];
  readonly bytes: number;
  readonly isCut: boolean;
}

const NONE: LastLines = { lines: [], bytes: 0, isCut: false };

/** Returns the lines that end within the last `most` bytes and begin there. A file that is rotated just now has none. */
async function lastLines(file: string, most: number): Promise<LastLines> {
  const handle = await open(file, TO_READ).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (handle === undefined) return NONE;
  try {
    const found = await handle.stat();
    if (!found.isFile()) return NONE;
    const bytes = Math.min(found.size, most);
    const target = Buffer.alloc(bytes);
    const read = target.subarray(0, await readWholeFrom(handle, target, found.size - bytes));
    const isCut = bytes < found.size;
    const whole = isCut ? read.subarray(read.indexOf(LF) + 1) : read;
    // A line without its end is torn, or is being written.
    return {
      lines: whole
        .subarray(0, whole.lastIndexOf(LF) + 1)
        .toString()
        .split('\n')
        .slice(0, -1),
      bytes,
      isCut,
    };
  } finally {
    await handle.close();
  }
}

/** Returns undefined for a line that is no dead letter. `produce dead-letters ls` says what is wrong with it. */
function letterOf(line: string): StoredDeadLetter | undefined {
  try {
    return deadLetterFrom(JSON.parse(line)).letter;
  } catch {
    return undefined;
  }
}
