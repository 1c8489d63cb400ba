/** Bytes as they come, cut into lines; never more of the input in memory than one piece and one line. */

import { BadLineError } from './bad-line.ts';

/** One line without its line break, and its number from 1. */
export interface Line {
  readonly bytes: Buffer;
  readonly number: number;
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
  const splitter = new Splitter(file, longest);
  for await (const chunk of chunks) {
    yield splitter.push(chunk);
    splitter.assertNotTooLong();
  }
  yield splitter.end();
}

class Splitter {
  readonly #file: string;
  readonly #longest: number;
  /** The beginning of a line whose end has not come yet. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #number = 1;

  constructor(file: string, longest: number) {
    this.#file = file;
    this.#longest = longest;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      lines.push(this.#finish(chunk.subarray(from, end)));
      from = end + 1;
    }
    this.#begin(chunk.subarray(from));
    return lines.filter(isNotBlank);
  }

  end(): Line[] {
    return [this.#finish(Buffer.alloc(0))].filter(isNotBlank);
  }

  /** After the lines before it have been dealt with. */
  assertNotTooLong(): void {
    if (this.#begunBytes <= this.#longest) return;
    const at = { file: this.#file, line: this.#number, column: 1 };
    throw new BadLineError(
      at,
      `this line is longer than ${this.#longest / 2 ** 20} MiB, expected one JSON value on each line`,
    );
  }

  #begin(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
  }

  #finish(rest: Buffer): Line {
    const whole = this.#begun.length === 0 ? rest : Buffer.concat([...this.#begun, rest]);
    this.#begun = [];
    this.#begunBytes = 0;
    const number = this.#number++;
    return { bytes: trimmed(whole, number), number };
  }
}

/** Windows ends lines with two characters and begins files with a mark; neither belongs to the value. */
function trimmed(bytes: Buffer, number: number): Buffer {
  const from = number === 1 && bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  return bytes.subarray(from, bytes.at(-1) === CR ? -1 : bytes.length);
}

/** Space, tab and carriage return, as in JSON. */
const isNotBlank = ({ bytes }: Line): boolean => bytes.some((byte) => byte !== 0x20 && byte !== 0x09 && byte !== CR);
