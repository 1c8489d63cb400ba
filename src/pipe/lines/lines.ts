/** Bytes as they come, cut into lines; never more of the input in memory than one piece and one line. */

import { Pieces } from '../../shared/util/pieces.ts';
import { BadLineError, type Place } from './bad-line.ts';

/** One line without its line break, and its number from 1. */
export interface Line {
  readonly bytes: Buffer;
  readonly number: number;
}

/** A line as it was cut off. */
export interface CutLine extends Line {
  /** Where the next line begins: bytes of the input up to here, line break included. */
  readonly end: number;
  /** It was longer than allowed; its bytes were thrown away. */
  readonly isTooLong: boolean;
}

/** Whoever forgets the line breaks should hear of it before the memory is full. */
export const LONGEST_LINE_BYTES = 16 * 2 ** 20;

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of each piece together, blank ones left out. @throws BadLineError when a line is too long */
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

/** Where a splitter begins, for an input whose beginning was read before. */
export interface Start {
  /** Bytes before the first. @default 0 */
  readonly offset?: number;
  /** The number of the first line. @default 1 */
  readonly line?: number;
}

/** Cuts bytes into lines. Blank lines are left out, but numbered. */
export class LineSplitter {
  readonly #longest: number;
  /** The beginning of a line whose end has not come yet. */
  readonly #begun = new Pieces();
  #begunBytes = 0;
  #number: number;
  #offset: number;

  constructor(longest: number, { offset = 0, line = 1 }: Start = {}) {
    this.#longest = longest;
    this.#offset = offset;
    this.#number = line;
  }

  /** The lines that end in this piece. */
  push(chunk: Buffer): CutLine[] {
    const lines: CutLine[] = [];
    for (const line of this.cut(chunk)) if (isWorthHaving(line)) lines.push(line);
    return lines;
  }

  /** The same one by one, blank ones too. */
  *cut(chunk: Buffer): Generator<CutLine> {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      const line = this.#finish(chunk.subarray(from, end), 1);
      from = end + 1;
      yield line;
    }
    this.#begin(chunk.subarray(from));
  }

  /** The last line, which nothing has ended. */
  end(): CutLine[] {
    return [this.#finish(Buffer.alloc(0), 0)].filter(isWorthHaving);
  }

  /** The number of the line that has begun, when it is longer than allowed already. */
  get tooLong(): number | undefined {
    return this.#begunBytes > this.#longest ? this.#number : undefined;
  }

  /** Whether a line has begun whose end has not come yet. */
  get hasBegun(): boolean {
    return this.#begunBytes > 0;
  }

  /** Where the next line begins. */
  get nextOffset(): number {
    return this.#offset;
  }

  /** The number of the next line. */
  get nextLine(): number {
    return this.#number;
  }

  #begin(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#begunBytes += bytes.length;
    // Nobody wants the rest of a line that is too long, only its end.
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

/** Windows ends lines with two characters and begins files with a mark; neither belongs to the value. */
function trimmed(bytes: Buffer, number: number): Buffer {
  const own = number === 1 ? withoutMark(bytes) : bytes;
  return own.at(-1) === CR ? own.subarray(0, -1) : own;
}

/** A text without the byte order mark that some programs begin it with. */
export const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;

/** Space, tab and carriage return, as in JSON. */
export const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);

const isWorthHaving = ({ bytes, isTooLong }: CutLine): boolean => isTooLong || !isBlank(bytes);
