/**
 * Binary format of the spool's files, which docs/spool.md describes in prose. All numbers are little endian. Sequence numbers
 * and salts are whole numbers in an f64.
 *
 *     file header            batch head                 settlement entry
 *      0  "outspool"          0  u32 magic               0  f64 first
 *      8  u32 version         4  u32 CRC of bytes 8-31   8  f64 last
 *     12  u32 kind            8  f64 salt               16  u32 kind
 *     16  f64 salt           16  f64 first sequence     20  u32 CRC of bytes 0-19
 *     24  f64 first          24  u32 records
 *     32  zeros              28  u32 bytes of records
 *     60  u32 CRC of 0-59    32  for each record u32 size, u32 CRC; then the records
 */

import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SpoolError } from '../shared/errors.ts';

export const FORMAT_VERSION = 1;
export const FILE_HEADER_BYTES = 64;
export const FILE_KIND = { segment: 1, settlements: 2 } as const;
export type FileKind = (typeof FILE_KIND)[keyof typeof FILE_KIND];

const FILE_MAGIC = Buffer.from('outspool');
const HEADER_CRC_AT = 60;

export interface FileHeader {
  readonly kind: FileKind;
  /** Random number, repeated in every batch head of the file. Message bytes that look like a batch head have another one. */
  readonly salt: number;
  /** The first sequence number that a segment may hold. 0 for a settlement log. */
  readonly first: number;
}

export const newSalt = (): number => randomBytes(6).readUIntLE(0, 6);

export function encodeFileHeader({ kind, salt, first }: FileHeader): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  FILE_MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(kind, 12);
  bytes.writeDoubleLE(salt, 16);
  bytes.writeDoubleLE(first, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_CRC_AT)), HEADER_CRC_AT);
  return bytes;
}

/** Decodes a file header. Returns undefined if it is damaged. @throws SpoolError when it is whole, and of another version */
export function decodeFileHeader(bytes: Buffer, file: string): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES || !bytes.subarray(0, 8).equals(FILE_MAGIC)) return undefined;
  if (crc32(bytes.subarray(0, HEADER_CRC_AT)) !== bytes.readUInt32LE(HEADER_CRC_AT)) return undefined;
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION) throw otherVersion(file, version);
  return { kind: bytes.readUInt32LE(12) as FileKind, salt: bytes.readDoubleLE(16), first: bytes.readDoubleLE(24) };
}

function otherVersion(file: string, version: number): SpoolError {
  const way = version > FORMAT_VERSION ? 'a newer outspool wrote it' : 'an older outspool wrote it';
  const what = `${file} has spool format ${version}, this outspool reads format ${FORMAT_VERSION}`;
  return new SpoolError(`${what}: ${way}; have that one deliver what is in it, or name another directory`);
}

export const BATCH_HEAD_BYTES = 32;
/** Size in bytes of a record's entry in the table of a batch: its size and its CRC. */
export const TABLE_ENTRY_BYTES = 8;
export const BATCH_MAGIC: Buffer = Buffer.from('OSB\x01');
const BATCH_MAGIC_WORD = BATCH_MAGIC.readUInt32LE();

export interface BatchHead {
  readonly salt: number;
  readonly first: number;
  /**
   * Number of records. 0 marks a seal, which follows the last batch. Its `first` is the sequence number after the last one of
   * the segment.
   */
  readonly count: number;
  /** Bytes of all records together. */
  readonly bytes: number;
}

export const batchBytes = ({ count, bytes }: Pick<BatchHead, 'count' | 'bytes'>): number =>
  BATCH_HEAD_BYTES + TABLE_ENTRY_BYTES * count + bytes;

export function writeBatchHead(target: Buffer, { salt, first, count, bytes }: BatchHead): void {
  target.writeUInt32LE(BATCH_MAGIC_WORD, 0);
  target.writeDoubleLE(salt, 8);
  target.writeDoubleLE(first, 16);
  target.writeUInt32LE(count, 24);
  target.writeUInt32LE(bytes, 28);
  target.writeUInt32LE(crc32(target.subarray(8, BATCH_HEAD_BYTES)), 4);
}

/** Reads the batch head at `at`. Returns undefined if there is none, or a damaged one. */
export function readBatchHead(source: Buffer, at: number): BatchHead | undefined {
  if (at + BATCH_HEAD_BYTES > source.length || source.readUInt32LE(at) !== BATCH_MAGIC_WORD) return undefined;
  if (crc32(source.subarray(at + 8, at + BATCH_HEAD_BYTES)) !== source.readUInt32LE(at + 4)) return undefined;
  return {
    salt: source.readDoubleLE(at + 8),
    first: source.readDoubleLE(at + 16),
    count: source.readUInt32LE(at + 24),
    bytes: source.readUInt32LE(at + 28),
  };
}

/** Maximum number of bytes that one append takes. The first append of a segment is written as two batches. */
export const appendBytes = ({ count, bytes }: Pick<BatchHead, 'count' | 'bytes'>): number =>
  batchBytes({ count, bytes }) + (count > 1 ? BATCH_HEAD_BYTES : 0);

/** Bytes of a segment other than its batches: the header and the seal. */
export const SEGMENT_OWN_BYTES = FILE_HEADER_BYTES + BATCH_HEAD_BYTES;

/** Maximum bytes of records that one append to an otherwise empty spool of this size can take. */
export const mostInOne = (maxBytes: number, count: number): number =>
  maxBytes - SEGMENT_OWN_BYTES - appendBytes({ count, bytes: 0 });

export const SETTLEMENT_BYTES = 24;
export const SETTLEMENT_KIND = { settled: 1, mark: 2 } as const;

/**
 * A settlement entry. Kind `settled`: the run from `first` to `last` has settled. Kind `mark`: all messages below `first` have
 * settled, and all below `last` were confirmed.
 */
export interface SettlementEntry {
  readonly kind: number;
  readonly first: number;
  readonly last: number;
}

export function writeSettlement(target: Buffer, at: number, { kind, first, last }: SettlementEntry): void {
  target.writeDoubleLE(first, at);
  target.writeDoubleLE(last, at + 8);
  target.writeUInt32LE(kind, at + 16);
  target.writeUInt32LE(crc32(target.subarray(at, at + 20)), at + 20);
}

/** Reads the entry at `at`. Returns undefined if it is damaged. */
export function readSettlement(source: Buffer, at: number): SettlementEntry | undefined {
  if (crc32(source.subarray(at, at + 20)) !== source.readUInt32LE(at + 20)) return undefined;
  return { first: source.readDoubleLE(at), last: source.readDoubleLE(at + 8), kind: source.readUInt32LE(at + 16) };
}
