/** One file that is read as it grows, from one place on: lines, and where each of them ends. */

import { type FileHandle, open } from 'node:fs/promises';
import { type CutLine, LineSplitter } from '../lines/lines.ts';
import { HEAD_BYTES, headOf, type Position } from './checkpoint.ts';
import type { Done, Generation } from './generations.ts';

const PIECE_BYTES = 64 * 2 ** 10;
const LF = 0x0a;

/** Where a line ends, and in which file. */
export interface FileMark {
  readonly in: OpenFile;
  readonly offset: number;
  /** The number of the next line. */
  readonly line: number;
}

/** A line of a followed file. */
export interface FollowedLine {
  readonly line: CutLine;
  readonly file: string;
  readonly mark: FileMark;
}

export interface OpenOptions {
  readonly maxLineBytes: number;
  /** Where to begin. @default the beginning */
  readonly from?: Pick<Position, 'offset' | 'line'>;
}

export class OpenFile {
  readonly generation: Generation;
  readonly #handle: FileHandle;
  readonly #splitter: LineSplitter;
  /** Where reading began. */
  readonly #from: Pick<Position, 'offset' | 'line'>;
  /** What is read next. */
  #offset: number;
  /** The first bytes, as they were when they were read. */
  #head: Buffer;

  private constructor(generation: Generation, handle: FileHandle, head: Buffer, { maxLineBytes, from }: OpenOptions) {
    this.generation = generation;
    this.#handle = handle;
    this.#head = head;
    this.#from = from ?? { offset: 0, line: 1 };
    this.#offset = this.#from.offset;
    this.#splitter = new LineSplitter(maxLineBytes, from);
  }

  /** Undefined when another file has got the name in the meantime, or none has. @throws the system's error */
  static async open(generation: Generation, options: OpenOptions): Promise<OpenFile | undefined> {
    const handle = await open(generation.path, 'r').catch((error) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (handle === undefined) return undefined;
    const { dev, ino } = await handle.stat({ bigint: true });
    const head = await readAt(handle, 0, Math.min(HEAD_BYTES, options.from?.offset ?? 0));
    if (String(dev) === generation.dev && String(ino) === generation.ino)
      return new OpenFile(generation, handle, head, options);
    await handle.close();
    return undefined;
  }

  /**
   * The lines that end in the next piece. `cut`: somebody has cut the file, or written it anew; looked at after the piece was
   * read, so that nothing of another content is taken for a line of this one.
   */
  async read(): Promise<FollowedLine[] | 'end' | 'cut'> {
    const piece = await readAt(this.#handle, this.#offset, PIECE_BYTES);
    if (!(await this.#isIntact())) return 'cut';
    if (piece.length === 0) return 'end';
    const missing = HEAD_BYTES - this.#head.length;
    if (missing > 0 && this.#head.length === this.#offset)
      this.#head = Buffer.concat([this.#head, piece.subarray(0, missing)]);
    this.#offset += piece.length;
    return this.#splitter.push(piece).map((line) => this.#followed(line));
  }

  async #isIntact(): Promise<boolean> {
    const { size } = await this.#handle.stat();
    return size >= this.#offset && (await readAt(this.#handle, 0, this.#head.length)).equals(this.#head);
  }

  /** The last line, which nobody will end any more. */
  end(): FollowedLine[] {
    return this.#splitter.end().map((line) => this.#followed(line));
  }

  #followed(line: CutLine): FollowedLine {
    return { line, file: this.generation.path, mark: { in: this, offset: line.end, line: line.number + 1 } };
  }

  /** What is to be remembered when nothing of what was read is safe. */
  get begin(): Position {
    return this.position(this.#from);
  }

  /** What is to be remembered of a place in this file. */
  position({ offset, line }: Pick<FileMark, 'offset' | 'line'>): Position {
    const { dev, ino } = this.generation;
    return { dev, ino, offset, line, head: headOf(this.#head.subarray(0, offset)) };
  }

  /** While it is open, no other file gets its inode. */
  async done(): Promise<Done> {
    const { dev, ino } = this.generation;
    const { mtimeNs } = await this.#handle.stat({ bigint: true });
    return { dev, ino, mtimeNs };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readAt(handle: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, from);
  return buffer.subarray(0, bytesRead);
}

/** Whether the file at this place begins as it did when `position` was taken. @throws the system's error */
export async function isAt({ path, size }: Generation, { offset, head }: Position): Promise<boolean> {
  if (size < offset) return false;
  const handle = await open(path, 'r');
  try {
    return headOf(await readAt(handle, 0, head.bytes)).crc === head.crc;
  } finally {
    await handle.close();
  }
}

/** Behind the last line that has been ended: the beginning of the next one belongs to it. */
export async function endOf({ path }: Generation): Promise<Pick<Position, 'offset' | 'line'>> {
  const handle = await open(path, 'r');
  try {
    const end = { offset: 0, line: 1 };
    for (let from = 0; ; ) {
      const piece = await readAt(handle, from, PIECE_BYTES);
      if (piece.length === 0) return end;
      for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
        end.offset = from + at + 1;
        end.line++;
      }
      from += piece.length;
    }
  } finally {
    await handle.close();
  }
}
