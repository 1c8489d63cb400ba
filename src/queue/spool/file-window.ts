/** A piece of a file in memory, moved along it: heads and records are read from here. */

import fs from 'node:fs';
import { closeQuietly } from './files.ts';

const WINDOW_BYTES = 256 * 1024;
const BLOCK_BYTES = 4096;

export class FileWindow {
  readonly #fd: number;
  #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #words = new Int32Array(this.#buffer.buffer);
  /** Where in the file it begins, a multiple of 8 as all that is looked for. */
  #start = 0;
  #length = 0;

  constructor(path: string) {
    this.#fd = fs.openSync(path, 'r');
  }

  /** The file's bytes that are in memory. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The same as words; their number is that of the whole window. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Has the file's bytes from `position` on in memory, `length` of them if the file (up to `end`) has as many. Returns where. */
  load(position: number, length: number, end: number): number {
    const wanted = Math.min(length, end - position);
    if (position < this.#start || position + wanted > this.#start + this.#length) this.#fill(position, wanted, end);
    return position - this.#start;
  }

  #fill(position: number, wanted: number, end: number): void {
    if (wanted > this.#buffer.length || this.#buffer.length > Math.max(WINDOW_BYTES, 4 * wanted)) this.#resize(wanted);
    this.#start = position;
    const length = Math.min(this.#buffer.length, end - position);
    this.#length = readAll(this.#fd, this.#buffer.subarray(0, length), position);
  }

  #resize(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(WINDOW_BYTES, (bytes + 7) & ~7));
    this.#words = new Int32Array(this.#buffer.buffer);
  }

  close(): void {
    closeQuietly(this.#fd);
  }
}

/** Reads until the target is full or the file ends; returns how much there was. */
function readAll(fd: number, target: Buffer, position: number): number {
  let read = 0;
  while (read < target.length) {
    const more = readSome(fd, target.subarray(read), position + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}

/** What the device cannot read is read as zeros, a block at a time: the CRCs say then what is lost, and it is no more. */
function readSome(fd: number, target: Buffer, position: number): number {
  try {
    return fs.readSync(fd, target, 0, target.length, position);
  } catch {
    const block = target.subarray(0, BLOCK_BYTES);
    try {
      return fs.readSync(fd, block, 0, block.length, position);
    } catch {
      block.fill(0);
      return block.length;
    }
  }
}
