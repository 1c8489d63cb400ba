/** Reads a dead-letter file line by line: dead letters, torn lines of a crash, and lines that are no dead letters. */

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { TORN } from '../../caller/dead-letters/letter-file.ts';
import { deadLetterFrom, type StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import { pathText } from '../../config/report/redact.ts';
import { reason } from '../../config/yaml/references.ts';
import { BadLineError } from '../../pipe/lines/bad-line.ts';
import { type Line, linesOf } from '../../pipe/lines/lines.ts';
import { parseLine } from '../../pipe/lines/parse-line.ts';
import { formatIssue } from '../../shared/errors.ts';
import { isPipe, readPipe } from '../../shared/files/pipe-reads.ts';
import { readWholeFrom, statIfThere } from '../../shared/files/whole-reads.ts';
import { wrongAt } from '../process/exit.ts';

/** One line of a file. It is a dead letter, or has a `problem` of one line, or is torn. A torn line was never accepted. */
export interface Entry {
  /** The original line without its line break. */
  readonly bytes: Buffer;
  readonly letter?: StoredDeadLetter;
  readonly problem?: string;
  readonly torn?: true;
  /** Location as `file:line:1`. */
  readonly place: string;
}

/** Maximum length of a line, in bytes. A message of many megabytes makes a long line; texts have a bound of their own. */
const LONGEST_BYTES = 256 * 2 ** 20;

const LF = 0x0a;

/** Yields the entries of one file, in order. @throws UsageError when it cannot be read */
export async function* readDeadLetters(file: string): AsyncGenerator<Entry> {
  const isWhole = await endsInLine(file);
  let last: Line | undefined;
  for await (const lines of linesOf(chunksOf(file), file, LONGEST_BYTES))
    for (const line of lines) {
      if (last !== undefined) yield* entriesOf(last, file, true);
      last = line;
    }
  if (last !== undefined) yield* entriesOf(last, file, isWhole);
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of isPipe(file) ? readPipe(file) : createReadStream(file, { highWaterMark: 2 ** 18 }))
      yield chunk as Buffer;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Returns the error for a file that the system refuses to read. */
export const unreadable = (file: string, error: unknown): Error =>
  wrongAt({ file, line: 1, column: 1 }, `the file ${reason(error)}`, { cause: error });

/** Whether the file did not exist when it was to be read. A file that is rotated is soon followed by a new one. */
export const wasGone = (error: unknown): boolean =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** Whether the file ends with a line break. Neither a torn line nor one that is being written has been accepted. */
async function endsInLine(file: string): Promise<boolean> {
  if (isPipe(file)) return true;
  const handle = await open(file, 'r').catch((error) => {
    throw unreadable(file, error);
  });
  try {
    const { size } = await handle.stat();
    const last = Buffer.from([LF]);
    if (size > 0) await readWholeFrom(handle, last, size - 1);
    return last[0] === LF;
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

function* entriesOf(line: Line, file: string, isEnded: boolean): Generator<Entry> {
  const { bytes, number } = line;
  const place = `${file}:${number}:1`;
  if (bytes.length === 1 && bytes[0] === TORN) return; // the mark was added although no line was torn
  if (bytes.at(-1) === TORN) return void (yield { bytes, place, torn: true });
  const found = interpret(line, file);
  const isTorn = 'problem' in found && !isEnded && !found.isJson;
  yield { bytes, place, ...(isTorn ? { torn: true as const } : found) };
}

type Found = { readonly letter: StoredDeadLetter } | { readonly problem: string; readonly isJson: boolean };

function interpret(line: Line, file: string): Found {
  try {
    const { letter, findings } = deadLetterFrom(parseLine(line, file));
    if (letter !== undefined) return { letter };
    const at = { file, line: line.number, column: 1 };
    const [first] = findings.map(({ path, message }) => formatIssue({ ...at, path: pathText(path), message }));
    return { problem: first ?? `${file}:${line.number}:1  no dead letter`, isJson: true };
  } catch (error) {
    if (!(error instanceof BadLineError)) throw error;
    return { problem: error.message, isJson: false };
  }
}

/** Whether the file exists. @throws UsageError when the system cannot tell */
export async function isThere(file: string): Promise<boolean> {
  const found = await statIfThere(file).catch((error) => {
    throw unreadable(file, error);
  });
  return found !== undefined;
}
