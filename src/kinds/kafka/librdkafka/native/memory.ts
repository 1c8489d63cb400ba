/** Memory that C and JavaScript share, and functions that write and read 64-bit numbers in it. */

import { OutspoolError } from '../../../../shared/errors.ts';
import type { Koffi } from '../../../../shared/util/koffi.ts';
import type { Pointer } from './functions.ts';

/** Returns the address of the first byte. @throws OutspoolError for memory without an address (empty or detached) */
export function addressOf(koffi: Koffi, bytes: Uint8Array): Pointer {
  const address = Number(koffi.address(bytes));
  if (address === 0) throw new OutspoolError('native memory without an address (empty or detached)');
  return address;
}

/** Zeroed memory in an ArrayBuffer of its own, which never moves. A small typed array inside V8's heap may move. */
export class NativeMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly address: Pointer;

  constructor(koffi: Koffi, size: number) {
    const buffer = new ArrayBuffer((size + 3) & ~3); // whole words
    this.bytes = new Uint8Array(buffer, 0, size);
    this.words = new Int32Array(buffer);
    this.address = addressOf(koffi, this.bytes);
  }
}

/** Writes a 64-bit number (an address, a length) at a 32-bit word position. `| 0` takes the low half of a double. */
export function writeLong(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = Math.floor(value / 0x1_0000_0000);
}

/** Reads a signed 64-bit number that fits a double. */
export function readLong(words: Int32Array, at: number): number {
  return (words[at + 1] as number) * 0x1_0000_0000 + ((words[at] as number) >>> 0);
}
