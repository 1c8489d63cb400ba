/** Splits bytes into lines. At most one piece and one line of the input are in memory. */

import { Pieces } from '../../shared/util/pieces.ts';
import { BadLineError, type Place } from './bad-line.ts';

/** One line without its line break, and its number from 1. */
export interface Line {
  readonly bytes: Buffer;
  readonly number: number;
}

export interface CutLine extends Line {
  /** Offset of the next line: bytes of the input up to here, line break included. */
  readonly end: number;
  /** Whether the line was longer than allowed; its bytes were discarded. */
  readonly isTooLong: boolean;
}

/** Maximum length of a line, in bytes. Input without line breaks must fail before the memory is full. */
export const LONGEST_LINE_BYTES = 16 * 2 ** 20;

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Yields the lines of each piece together, without blank ones. @throws BadLineError when a line is too long */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  file: string,
  longest = LONGEST_LINE_BYTES,
): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(longest);
  for await (const chunk of chunks) {
    const lines = splitter.push(chunk);
    const bad = lines.find(({ isTooLong }) => isTooLong)?.number ?? splitter.tooLong;
    yield bad === undefined ? lines : lines.filter(({ number }) => number < bad);
    if (bad !== undefined) throw tooLong({ file, line: bad, column: 1 }, longest);
  }
  yield splitter.end();
}

export function tooLong(at: Place, longest: number): BadLineError {
  const most = longest % 2 ** 20 === 0 ? `${longest / 2 ** 20} MiB` : `${longest} bytes`;
  return new BadLineError(at, `this line is longer than ${most}, expected one JSON value on each line`);
}

/** Initial position of a splitter, for an input whose beginning was read before. */
export interface Start {
  /** Bytes before the first one. @default 0 */
  readonly offset?: number;
  /** Number of the first line. @default 1 */
  readonly line?: number;
}

/** Splits bytes into lines. Blank lines are left out, but counted. */
export class LineSplitter {
  readonly #longest: number;
  /** Beginning of a line whose end has not been read yet. */
  readonly #begun = new Pieces();
  #begunBytes = 0;
  #number: number;
  #offset: number;

  constructor(longest: number, { offset = 0, line = 1 }: Start = {}) {
    this.#longest = longest;
    this.#offset = offset;
    this.#number = line;
  }

  /** Returns the lines that end in this piece. */
  push(chunk: Buffer): CutLine[] {
    const lines: CutLine[] = [];
    for (const line of this.cut(chunk)) if (isWorthHaving(line)) lines.push(line);
    return lines;
  }

  /** Yields the same lines one by one, with blank ones. */
  *cut(chunk: Buffer): Generator<CutLine> {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      const line = this.#finish(chunk.subarray(from, end), 1);
      from = end + 1;
      yield line;
    }
    this.#begin(chunk.subarray(from));
  }

  /** Returns the last line if it has no line break. */
  end(): CutLine[] {
    return [this.#finish(Buffer.alloc(0), 0)].filter(isWorthHaving);
  }

  /** Number of the unfinished line, if it is longer than allowed already. */
  get tooLong(): number | undefined {
    return this.#begunBytes > this.#longest ? this.#number : undefined;
  }

  get hasBegun(): boolean {
    return this.#begunBytes > 0;
  }

  get nextOffset(): number {
    return this.#offset;
  }

  get nextLine(): number {
    return this.#number;
  }

  #begin(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#begunBytes += bytes.length;
    // Of a line that is too long only the end matters.
    if (this.tooLong === undefined) this.#begun.add(bytes);
    else this.#begun.clear();
  }

  #finish(rest: Buffer, lineBreak: 0 | 1): CutLine {
    const length = this.#begunBytes + rest.length;
    const isTooLong = length > this.#longest;
    const whole = isTooLong ? Buffer.alloc(0) : this.#whole(rest);
    this.#offset += length + lineBreak;
    this.#begun.clear();
    this.#begunBytes = 0;
    const number = this.#number++;
    return { bytes: trimmed(whole, number), number, end: this.#offset, isTooLong };
  }

  #whole(rest: Buffer): Buffer {
    return this.#begun.length === 0 ? rest : Buffer.concat([...this.#begun.blocks, rest]);
  }
}

/** Removes the carriage return and the byte order mark of Windows, which are not part of the value. */
function trimmed(bytes: Buffer, number: number): Buffer {
  const own = number === 1 ? withoutMark(bytes) : bytes;
  return own.at(-1) === CR ? own.subarray(0, -1) : own;
}

/** Removes the byte order mark with which some programs begin a text. */
export const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;

/** Whether a line has only spaces, tabs and carriage returns, as in JSON. */
export const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);

const isWorthHaving = ({ bytes, isTooLong }: CutLine): boolean => isTooLong || !isBlank(bytes);
