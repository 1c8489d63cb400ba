/** A piece of a file in memory, which moves along the file. Heads and records are read from it. */

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
  /** Position in the file at which the window begins. It is a multiple of 8, as are all positions that are loaded. */
  #start = 0;
  #length = 0;

  /** @throws SpoolError when the file cannot be opened */
  constructor(path: string) {
    this.#path = path;
    this.#fd = reading(path, () => openOwnNow(path, fs.constants.O_RDONLY));
  }

  /** The bytes of the file that are in memory. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The whole window as 32-bit words, beyond the loaded bytes as well. */
  get words(): Int32Array {
    return this.#words;
  }

  /**
   * Loads the file's bytes from `position` on: `length` bytes, or fewer if the file (up to `end`) has fewer. Returns where in
   * `bytes` they begin.
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

  /**
   * Reads ahead as far as the device can. If that fails, it reads only the wanted bytes, because the unreadable part may not be
   * needed yet.
   */
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
