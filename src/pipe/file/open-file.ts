/** Reads one file as it grows, from a position on, as lines with their end positions. */

import { type FileHandle, open } from 'node:fs/promises';
import { type CutLine, LineSplitter } from '../lines/lines.ts';
import { HEAD_BYTES, headOf, type Position } from './checkpoint.ts';
import { type Generation, generationOf, isSame, undefinedIfAbsent } from './generations.ts';
import type { Older } from './succession.ts';
import { isAbsence } from './trouble.ts';

const PIECE_BYTES = 64 * 2 ** 10;
const LF = 0x0a;

export interface FileMark {
  readonly in: OpenFile;
  readonly offset: number;
  readonly line: number;
  /** The last bytes before `offset`. */
  readonly before: Buffer;
}

export interface FollowedLine {
  readonly line: CutLine;
  readonly file: string;
  readonly mark: FileMark;
}

export interface OpenOptions {
  readonly maxLineBytes: number;
  readonly older: Older;
  /** Position of the first read. @default the beginning */
  readonly from?: Pick<Position, 'offset' | 'line'>;
}

export class OpenFile {
  readonly generation: Generation;
  readonly older: Older;
  readonly #handle: FileHandle;
  readonly #maxLineBytes: number;
  #splitter: LineSplitter;
  /** Position of the first read. */
  readonly #from: Pick<Position, 'offset' | 'line'>;
  #offset: number;
  /** The first bytes of the file, as they were when they were read. */
  #head: Buffer;
  /** The last bytes before `#from`; `#tail` has those before `#offset`. */
  readonly #fromTail: Buffer;
  #tail: Buffer;
  #nuls: Nuls;
  /** Largest size, in bytes, that was seen while the content was intact. */
  #size = 0;

  private constructor(generation: Generation, handle: FileHandle, { head, tail }: Ends, options: OpenOptions) {
    this.generation = generation;
    this.older = options.older;
    this.#handle = handle;
    this.#head = head;
    this.#maxLineBytes = options.maxLineBytes;
    this.#from = options.from ?? { offset: 0, line: 1 };
    this.#offset = this.#from.offset;
    this.#splitter = new LineSplitter(options.maxLineBytes, options.from);
    this.#fromTail = this.#tail = tail;
    this.#nuls = { bytes: 0, state: this.#offset === 0 ? 'running' : 'told' };
  }

  /** Returns undefined when the name now belongs to another file or to none. @throws the system's error */
  static async open(generation: Generation, options: OpenOptions): Promise<OpenFile | undefined> {
    const handle = await open(generation.path, 'r').catch((error) => {
      if (isAbsence(error)) return undefined;
      throw error;
    });
    if (handle === undefined) return undefined;
    try {
      const ends = await endsAt(handle, options.from?.offset ?? 0);
      const opened = generationOf(generation, await handle.stat({ bigint: true }));
      if (isSame(opened, generation)) return new OpenFile(generation, handle, ends, options);
    } catch (error) {
      await letGo(handle);
      throw error;
    }
    await letGo(handle);
    return undefined;
  }

  /** Returns the same file from its start, after it was truncated. The handle stays open, so that nothing can fail here. */
  restarted(older: Older): OpenFile {
    const options = { maxLineBytes: this.#maxLineBytes, older };
    return new OpenFile(this.generation, this.#handle, NO_ENDS, options);
  }

  /**
   * Returns the lines that end in the next piece, or `cut` when the file was truncated or rewritten. That is checked after the
   * piece was read, so that bytes of other content never count as lines of this one. `isNext` is called before the first piece
   * counts.
   */
  async read(isNext: () => Promise<boolean>): Promise<FollowedLine[] | 'end' | 'cut'> {
    const piece = await readAt(this.#handle, this.#offset, PIECE_BYTES);
    if (!(await this.#isIntact())) return 'cut';
    if (piece.length === 0) return 'end';
    if (this.#offset === 0 && !(await isNext())) return 'cut';
    const missing = HEAD_BYTES - this.#head.length;
    if (missing > 0 && this.#head.length === this.#offset)
      this.#head = Buffer.concat([this.#head, piece.subarray(0, missing)]);
    const text = this.#withoutNuls(piece);
    const lines = this.#splitter.push(text).map((line) => this.#followed(line, piece));
    this.#tail = lastOf(this.#tail, piece);
    this.#offset += piece.length;
    return lines;
  }

  /** Removes the NULs from a piece that continue those at the file's start. */
  #withoutNuls(piece: Buffer): Buffer {
    if (this.#nuls.state !== 'running') return piece;
    const end = piece.findIndex((byte) => byte !== 0);
    const bytes = this.#nuls.bytes + (end < 0 ? piece.length : end);
    this.#nuls = { bytes, state: end < 0 ? 'running' : 'ended' };
    if (bytes > 0) this.#splitter = new LineSplitter(this.#maxLineBytes, { offset: bytes, line: 1 });
    return piece.subarray(end < 0 ? piece.length : end);
  }

  /**
   * Returns, once, the number of NUL bytes that were skipped at the file's start. They appear when the file is truncated while a
   * program writes without O_APPEND. The program continues at its old offset, and the system fills the space before it.
   */
  takeSkipped(): number {
    const { bytes, state } = this.#nuls;
    if (state !== 'ended') return 0;
    this.#nuls = { bytes, state: 'told' };
    return bytes;
  }

  async #isIntact(): Promise<boolean> {
    const { size } = await this.#handle.stat();
    if (size < this.#offset || !(await headAt(this.#handle, this.#head.length)).equals(this.#head)) return false;
    if (!(await tailAt(this.#handle, this.#offset, this.#tail.length)).equals(this.#tail)) return false;
    this.#size = Math.max(this.#size, size);
    return true;
  }

  /** Returns the last line, which has no line break and will not get one. */
  end(): FollowedLine[] {
    return this.#splitter.end().map((line) => this.#followed(line, Buffer.alloc(0)));
  }

  /** `piece` begins at `#offset`. */
  #followed(line: CutLine, piece: Buffer): FollowedLine {
    const before = lastOf(this.#tail, piece.subarray(0, line.end - this.#offset));
    return { line, file: this.generation.path, mark: { in: this, offset: line.end, line: line.number + 1, before } };
  }

  /** Position after the last whole line. */
  get next(): Pick<Position, 'offset' | 'line'> {
    return { offset: this.#splitter.nextOffset, line: this.#splitter.nextLine };
  }

  /** Position up to which the file was read, with the bytes before it. */
  get reached(): Position {
    return this.position({ offset: this.#offset, line: this.#splitter.nextLine, before: this.#tail });
  }

  /** Bytes after the read position that the file was known to have. */
  get unread(): number {
    return Math.max(0, this.#size - this.#offset);
  }

  /** Position for a checkpoint when no line is safe yet. */
  get begin(): Position {
    return this.position({ ...this.#from, before: this.#fromTail });
  }

  position({ offset, line, before }: Omit<FileMark, 'in'>): Position {
    const { dev, ino, born, base } = this.generation;
    const content = { head: headOf(this.#head.subarray(0, offset)), tail: headOf(before) };
    return { dev, ino, ...(born !== undefined && { born }), offset, line, ...content, base, older: this.older };
  }

  /** Closes the file. While it is open, no other file gets its inode. */
  async close(): Promise<void> {
    await letGo(this.#handle);
  }
}

/** Ignores errors of closing, because nothing was written through the handle. */
const letGo = (handle: FileHandle): Promise<void> => handle.close().catch(() => {});

async function readAt(handle: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, from);
  return buffer.subarray(0, bytesRead);
}

/** Reads bytes from an offset on; fewer only at the end of the file. It loops, because a signal may end a read early. */
async function bytesAt(handle: FileHandle, from: number, bytes: number): Promise<Buffer> {
  let found = await readAt(handle, from, bytes);
  for (let more = found; more.length > 0 && found.length < bytes; found = Buffer.concat([found, more]))
    more = await readAt(handle, from + found.length, bytes - found.length);
  return found;
}

const headAt = (handle: FileHandle, bytes: number): Promise<Buffer> => bytesAt(handle, 0, bytes);

/** The first bytes of a file, and those before a position in it. */
interface Ends {
  readonly head: Buffer;
  readonly tail: Buffer;
}

const NO_ENDS: Ends = { head: Buffer.alloc(0), tail: Buffer.alloc(0) };

/** NULs at a file's start: how many, whether they continue, and whether they were reported. */
interface Nuls {
  readonly bytes: number;
  readonly state: 'running' | 'ended' | 'told';
}

async function endsAt(handle: FileHandle, offset: number): Promise<Ends> {
  const bytes = Math.min(HEAD_BYTES, offset);
  return { head: await headAt(handle, bytes), tail: await tailAt(handle, offset, bytes) };
}

const tailAt = (handle: FileHandle, offset: number, bytes: number): Promise<Buffer> =>
  bytesAt(handle, offset - bytes, bytes);

/** Returns the last bytes of `tail` and `piece` together. */
function lastOf(tail: Buffer, piece: Buffer): Buffer {
  if (piece.length >= HEAD_BYTES) return piece.subarray(-HEAD_BYTES);
  return Buffer.concat([tail, piece]).subarray(-HEAD_BYTES);
}

/** Known content of a file that was read up to `offset`. */
type Content = Pick<Position, 'offset' | 'head' | 'tail'>;

/** Whether the file may be a copy of an earlier, shorter state of that of `position`, as it begins with the same bytes. */
export const mayBePartOf = async (file: Generation, { offset, head }: Position): Promise<boolean> =>
  file.size < offset && isAt(file, { offset: head.bytes, head });

/** Whether the file still has the bytes that were recorded, at its start and before the position. @throws the system's error */
export async function isAt({ path, size }: Generation, { offset, head, tail }: Content): Promise<boolean> {
  if (size < offset) return false;
  const handle = await open(path, 'r').catch(undefinedIfAbsent);
  if (handle === undefined) return false;
  try {
    if (headOf(await headAt(handle, head.bytes)).crc !== head.crc) return false;
    return tail === undefined || headOf(await tailAt(handle, offset, tail.bytes)).crc === tail.crc;
  } finally {
    await letGo(handle);
  }
}

/** Returns the position after the last line break. The beginning of an unfinished line is left to the next read. */
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
