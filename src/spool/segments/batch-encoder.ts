/** Encodes the head and the table of a batch. Its records are written as they lie in memory. */

import { SpoolError } from '../../shared/errors.ts';
import { BATCH_HEAD_BYTES, TABLE_ENTRY_BYTES, writeBatchHead } from '../format.ts';
import { type CrcMemory, crcSeed, recordCrc } from './record-crc.ts';

/** Packed records that follow one another in memory, each at a multiple of 8 bytes. */
export interface PackedRecords {
  readonly memory: Uint8Array;
  /** Where each record begins, in bytes from the start of `memory`. */
  readonly offsets: Uint32Array;
}

/** The salt of the file that a batch goes to, and the sequence number of its first record. */
export interface BatchPlace {
  readonly salt: number;
  readonly first: number;
}

const USUAL_RECORDS = 1024;

export class BatchEncoder {
  #head = Buffer.allocUnsafeSlow(BATCH_HEAD_BYTES + USUAL_RECORDS * TABLE_ENTRY_BYTES);
  #table = tableOf(this.#head);

  /**
   * Returns the head with the table, and the records. The head is valid until the next call.
   * @throws SpoolError when a record has no size or does not follow the one before it
   */
  encode(records: PackedRecords, place: BatchPlace): [head: Buffer, records: Uint8Array] {
    const count = records.offsets.length;
    this.#reserve(count);
    const bytes = this.#fillTable(records, place);
    const head = this.#head.subarray(0, BATCH_HEAD_BYTES + count * TABLE_ENTRY_BYTES);
    writeBatchHead(head, { ...place, count, bytes });
    const at = records.offsets[0] as number;
    return [head, records.memory.subarray(at, at + bytes)];
  }

  /** Fills the table and returns the bytes of all records. The loop runs for every record, so it allocates nothing. */
  #fillTable({ memory, offsets }: PackedRecords, { salt, first }: BatchPlace): number {
    const crcMemory = { bytes: memory, words: wordsOf(memory) };
    const table = this.#table;
    let next = offsets[0] as number;
    for (let index = 0; index < offsets.length; index++) {
      const offset = offsets[index] as number;
      const size = sizeAt(crcMemory, offset);
      if (offset !== next || size <= 0) throw misplaced(offset, next);
      table[2 * index] = size;
      table[2 * index + 1] = recordCrc(crcMemory, offset, size, crcSeed(salt, first + index));
      next = offset + size;
    }
    return next - (offsets[0] as number);
  }

  #reserve(records: number): void {
    const needed = BATCH_HEAD_BYTES + records * TABLE_ENTRY_BYTES;
    if (needed <= this.#head.length) return;
    this.#head = Buffer.allocUnsafeSlow(needed);
    this.#table = tableOf(this.#head);
  }
}

const tableOf = (head: Buffer): Uint32Array =>
  new Uint32Array(head.buffer, BATCH_HEAD_BYTES, (head.length - BATCH_HEAD_BYTES) >>> 2);

const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array =>
  new Int32Array(buffer, byteOffset, byteLength >>> 2);

/**
 * Returns the size of a record in bytes, which is the first word of the record. Returns 0 if it cannot be a size: misaligned,
 * or beyond the end of the memory.
 */
export function sizeAt({ words, bytes }: CrcMemory, offset: number): number {
  const size = words[offset >>> 2] as number;
  return (offset & 7) === 0 && (size & 7) === 0 && offset + size <= bytes.byteLength ? size : 0;
}

const misplaced = (offset: number, expected: number): SpoolError =>
  new SpoolError(`a batch for the spool has a record at ${offset} where ${expected} was expected, or of no size`);

/** Returns how many bytes the records take. */
export function recordBytes({ memory, offsets }: PackedRecords): number {
  const last = offsets[offsets.length - 1] as number;
  return last + (wordsOf(memory)[last >>> 2] as number) - (offsets[0] as number);
}
