/** One file that is read as it grows, from one place on: lines, and where each of them ends. */

import { type FileHandle, open } from 'node:fs/promises';
import { type CutLine, LineSplitter } from '../lines/lines.ts';
import { HEAD_BYTES, headOf, type Position } from './checkpoint.ts';
import { type Generation, generationOf, isSame } from './generations.ts';
import type { Older } from './succession.ts';
import { isAbsence } from './trouble.ts';

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
  /** The files that came before it. */
  readonly older: Older;
  /** Where to begin. @default the beginning */
  readonly from?: Pick<Position, 'offset' | 'line'>;
}

export class OpenFile {
  readonly generation: Generation;
  readonly older: Older;
  readonly #handle: FileHandle;
  readonly #maxLineBytes: number;
  readonly #splitter: LineSplitter;
  /** Where reading began. */
  readonly #from: Pick<Position, 'offset' | 'line'>;
  /** What is read next. */
  #offset: number;
  /** The first bytes, as they were when they were read. */
  #head: Buffer;

  private constructor(generation: Generation, handle: FileHandle, head: Buffer, options: OpenOptions) {
    this.generation = generation;
    this.older = options.older;
    this.#handle = handle;
    this.#head = head;
    this.#maxLineBytes = options.maxLineBytes;
    this.#from = options.from ?? { offset: 0, line: 1 };
    this.#offset = this.#from.offset;
    this.#splitter = new LineSplitter(options.maxLineBytes, options.from);
  }

  /** Undefined when another file has got the name in the meantime, or none has. @throws the system's error */
  static async open(generation: Generation, options: OpenOptions): Promise<OpenFile | undefined> {
    const handle = await open(generation.path, 'r').catch((error) => {
      if (isAbsence(error)) return undefined;
      throw error;
    });
    if (handle === undefined) return undefined;
    try {
      const head = await headAt(handle, Math.min(HEAD_BYTES, options.from?.offset ?? 0));
      const opened = generationOf(generation.path, await handle.stat({ bigint: true }));
      if (isSame(opened, generation)) return new OpenFile(generation, handle, head, options);
    } catch (error) {
      await letGo(handle);
      throw error;
    }
    await letGo(handle);
    return undefined;
  }

  /** The same file from its start, after it was cut. It stays open, so that nothing can fail here. */
  restarted(older: Older): OpenFile {
    const options = { maxLineBytes: this.#maxLineBytes, older };
    return new OpenFile(this.generation, this.#handle, Buffer.alloc(0), options);
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
    return size >= this.#offset && (await headAt(this.#handle, this.#head.length)).equals(this.#head);
  }

  /** The last line, which nobody will end any more. */
  end(): FollowedLine[] {
    return this.#splitter.end().map((line) => this.#followed(line));
  }

  #followed(line: CutLine): FollowedLine {
    return { line, file: this.generation.path, mark: { in: this, offset: line.end, line: line.number + 1 } };
  }

  /** Behind the last line that has ended. */
  get next(): Pick<Position, 'offset' | 'line'> {
    return { offset: this.#splitter.nextOffset, line: this.#splitter.nextLine };
  }

  /** What is to be remembered when nothing of what was read is safe. */
  get begin(): Position {
    return this.position(this.#from);
  }

  /** What is to be remembered of a place in this file. */
  position({ offset, line }: Pick<FileMark, 'offset' | 'line'>): Position {
    const { dev, ino, born } = this.generation;
    const head = headOf(this.#head.subarray(0, offset));
    return { dev, ino, ...(born !== undefined && { born }), offset, line, head, older: this.older };
  }

  /** While it is open, no other file gets its inode. */
  async close(): Promise<void> {
    await letGo(this.#handle);
  }
}

/** Nothing was written through it, so nothing is lost when the system complains. */
const letGo = (handle: FileHandle): Promise<void> => handle.close().catch(() => {});

async function readAt(handle: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, from);
  return buffer.subarray(0, bytesRead);
}

/** The first bytes; fewer only where the file has no more. A signal may end a read early. */
async function headAt(handle: FileHandle, bytes: number): Promise<Buffer> {
  let head = await readAt(handle, 0, bytes);
  for (let more = head; more.length > 0 && head.length < bytes; head = Buffer.concat([head, more]))
    more = await readAt(handle, head.length, bytes - head.length);
  return head;
}

/** Whether the file at this place begins as it did when `position` was taken. @throws the system's error */
export async function isAt({ path, size }: Generation, { offset, head }: Position): Promise<boolean> {
  if (size < offset) return false;
  const handle = await open(path, 'r');
  try {
    return headOf(await headAt(handle, head.bytes)).crc === head.crc;
  } finally {
    await letGo(handle);
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
    await letGo(handle);
  }
}
