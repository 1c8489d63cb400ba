/** Computes CRC-32 of records. The result is that of zlib, but small records do not cost a native call. */

import { crc32 } from 'node:zlib';

/**
 * Largest record, in bytes, for which the loop below is used. It is faster than a native call (measured: 0.08 µs against 0.16
 * µs at 144 bytes).
 */
const SMALL_RECORD_BYTES = 256;

/** Eight tables of 256 entries. Table n holds what a byte does to the CRC when n more bytes follow it. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

/** Memory that holds records, as bytes and as 32-bit words in the byte order of the machine. */
export interface CrcMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/**
 * Returns the value that a record's CRC starts from. It makes the same bytes under another number, or in another file, a
 * different record.
 */
export const crcSeed = (salt: number, sequence: number): number => (salt ^ sequence) >>> 0;

/** Returns the CRC of `size` bytes at `offset`, both multiples of 8. */
export function recordCrc({ bytes, words }: CrcMemory, offset: number, size: number, seed: number): number {
  if (size > SMALL_RECORD_BYTES) return crc32(bytes.subarray(offset, offset + size), seed);
  return smallCrc(words, offset >>> 2, (offset + size) >>> 2, seed);
}

/** Computes the CRC of two words in each step, by tables ("slicing by 8"). */
function smallCrc(words: Int32Array, from: number, to: number, seed: number): number {
  let crc = ~seed;
  for (let at = from; at < to; at += 2) {
    const low = crc ^ (words[at] as number);
    const high = words[at + 1] as number;
    crc =
      (TABLES[0x700 + (low & 0xff)] as number) ^
      (TABLES[0x600 + ((low >>> 8) & 0xff)] as number) ^
      (TABLES[0x500 + ((low >>> 16) & 0xff)] as number) ^
      (TABLES[0x400 + (low >>> 24)] as number) ^
      (TABLES[0x300 + (high & 0xff)] as number) ^
      (TABLES[0x200 + ((high >>> 8) & 0xff)] as number) ^
      (TABLES[0x100 + ((high >>> 16) & 0xff)] as number) ^
      (TABLES[high >>> 24] as number);
  }
  return ~crc >>> 0;
}
