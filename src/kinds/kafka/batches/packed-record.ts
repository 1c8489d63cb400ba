/** Reads the head of a packed record, and checks everything in it that could make C read outside the batch's memory. */

import { OutspoolError } from '../../../shared/errors.ts';
import { RECORD_HEADER_BYTES, TIMESTAMP_DOUBLE, WORD } from '../../../shared/memory/record.ts';

/** A batch's memory in the views that reading needs, and its address for C. */
export class BatchMemory {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly address: number;

  constructor(memory: Uint8Array, address: number) {
    const { buffer, byteOffset, byteLength } = memory;
    if (byteOffset % 8 !== 0) throw new OutspoolError('the memory of a batch must begin at a multiple of 8');
    this.bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.words = new Int32Array(buffer, byteOffset, byteLength >>> 2);
    this.doubles = new Float64Array(buffer, byteOffset, byteLength >>> 3);
    this.address = address;
  }
}

const corrupt = (offset: number, what: string) =>
  new OutspoolError(`corrupt record at byte ${offset} of a batch: ${what}`);

/** The numbers of one record. One object is reused for all records. Positions are bytes of the batch's memory. */
export class PackedRecord {
  flags = 0;
  topicLength = 0;
  keyLength = -1;
  valueLength = -1;
  headersLength = 0;
  headerCount = 0;
  partition = -1;
  timestamp = Number.NaN;
  topicAt = 0;
  keyAt = 0;
  valueAt = 0;
  headersAt = 0;

  /**
   * Copies each number from memory once and checks the copy. The memory is shared, so the checked number must be the one that
   * is used.
   * @throws OutspoolError when the numbers are impossible
   */
  read({ words, doubles, bytes }: BatchMemory, offset: number): void {
    if ((offset & 7) !== 0 || offset + RECORD_HEADER_BYTES > bytes.length) throw corrupt(offset, 'it lies outside');
    const at = offset >>> 2;
    this.flags = words[at + WORD.flags] as number;
    this.topicLength = words[at + WORD.topicLength] as number;
    this.keyLength = words[at + WORD.keyLength] as number;
    this.valueLength = words[at + WORD.valueLength] as number;
    this.headersLength = words[at + WORD.headersLength] as number;
    this.headerCount = words[at + WORD.headerCount] as number;
    this.partition = words[at + WORD.partition] as number;
    this.timestamp = doubles[(offset >>> 3) + TIMESTAMP_DOUBLE] as number;
    const size = words[at + WORD.size] as number;
    if (size < RECORD_HEADER_BYTES || offset + size > bytes.length) throw corrupt(offset, 'its size');
    this.#place(offset, size);
  }

  /** Whether only the call for a single message can carry it. */
  get single(): boolean {
    return this.headerCount > 0 || !Number.isNaN(this.timestamp);
  }

  /** `| 0` is not used on sums, because a sum of four lengths may pass 2^31 and must not wrap. */
  #place(offset: number, size: number): void {
    const { topicLength, keyLength, valueLength, headersLength, headerCount, partition } = this;
    if (topicLength < 0 || headersLength < 0 || headerCount < 0) throw corrupt(offset, 'a negative length');
    if (keyLength < -1 || valueLength < -1 || partition < -1) throw corrupt(offset, 'a negative length');
    this.topicAt = offset + RECORD_HEADER_BYTES;
    this.keyAt = this.topicAt + topicLength;
    this.valueAt = this.keyAt + Math.max(keyLength, 0);
    this.headersAt = this.valueAt + Math.max(valueLength, 0);
    if (this.headersAt + headersLength > offset + size) throw corrupt(offset, 'its parts are longer than itself');
  }
}

export interface PackedHeader {
  readonly nameAt: number;
  readonly valueAt: number;
  /** -1 = no value. */
  readonly valueLength: number;
}

/** Returns the headers of a record. Names must end with a NUL inside the record, because C looks for it. */
export function readHeaders({ bytes }: BatchMemory, record: PackedRecord): PackedHeader[] {
  const end = record.headersAt + record.headersLength;
  const headers: PackedHeader[] = [];
  let cursor = record.headersAt;
  while (headers.length < record.headerCount) {
    if (cursor + 8 > end) throw corrupt(record.topicAt - RECORD_HEADER_BYTES, 'its headers');
    const nameLength = bytes.readUInt32LE(cursor);
    const valueLength = bytes.readInt32LE(cursor + 4);
    const nameAt = cursor + 8;
    const valueAt = nameAt + nameLength + 1;
    cursor = valueAt + Math.max(valueLength, 0);
    const sound = valueLength >= -1 && cursor <= end && bytes[valueAt - 1] === 0;
    if (!sound) throw corrupt(record.topicAt - RECORD_HEADER_BYTES, 'its headers');
    headers.push({ nameAt, valueAt, valueLength });
  }
  return headers;
}
