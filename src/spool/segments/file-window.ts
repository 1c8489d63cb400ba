/** A piece of a file in memory, moved along it: heads and records are read from here. */

import fs from 'node:fs';
import { openOwnNow } from '../../shared/files/own-files.ts';
import { readWhole } from '../../shared/files/whole-reads.ts';
import { closeQuietly, reading } from '../files.ts';

const WINDOW_BYTES = 256 * 1024;

export class FileWindow {
  readonly #path: string;
  readonly #fd: number;
  #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #words = new Int32Array(this.#buffer.buffer);
  /** Where in the file it begins, a multiple of 8 as all that is looked for. */
  #start = 0;
  #length = 0;

  /** @throws SpoolError when the file cannot be opened */
  constructor(path: string) {
    this.#path = path;
    this.#fd = reading(path, () => openOwnNow(path, fs.constants.O_RDONLY));
  }

  /** The file's bytes that are in memory. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The same as words; their number is that of the whole window. */
  get words(): Int32Array {
    return this.#words;
  }

  /**
   * Has the file's bytes from `position` on in memory, `length` of them if the file (up to `end`) has as many. Returns where.
   * @throws SpoolError when they cannot be read; then nothing is in memory
   */
  load(position: number, length: number, end: number): number {
    const wanted = Math.min(length, end - position);
    if (position < this.#start || position + wanted > this.#start + this.#length) this.#fill(position, wanted, end);
    return position - this.#start;
  }

  #fill(position: number, wanted: number, end: number): void {
    if (wanted > this.#buffer.length || this.#buffer.length > Math.max(WINDOW_BYTES, 4 * wanted)) this.#resize(wanted);
    this.#length = 0;
    this.#start = position;
    this.#length = this.#read(Math.min(this.#buffer.length, end - position), wanted);
  }

  /** Reads ahead where the device can: what is not wanted yet may be what it cannot read. */
  #read(most: number, wanted: number): number {
    try {
      return this.#readBytes(most);
    } catch {
      return this.#readBytes(wanted);
    }
  }

  #readBytes(length: number): number {
    return reading(this.#path, () => readWhole(this.#fd, this.#buffer.subarray(0, length), this.#start));
  }

  #resize(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(WINDOW_BYTES, (bytes + 7) & ~7));
    this.#words = new Int32Array(this.#buffer.buffer);
  }

  close(): void {
    closeQuietly(this.#fd);
  }
}
