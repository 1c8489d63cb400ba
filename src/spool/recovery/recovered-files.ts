/** Lists the segment files in a spool's directory, before anything in it is changed. */

import fs from 'node:fs';
import { join } from 'node:path';
import { reading, readPiece, withFile } from '../files.ts';
import {
  BATCH_HEAD_BYTES,
  type BatchHead,
  decodeFileHeader,
  FILE_HEADER_BYTES,
  FILE_KIND,
  readBatchHead,
} from '../format.ts';
import { findSalt } from '../segments/salt.ts';
import { segmentName, segmentNumber } from '../segments/segment.ts';

/** A segment's file, as far as its first and last bytes describe it. */
export interface SegmentFile {
  /** The first sequence number, taken from the file's name. */
  readonly first: number;
  readonly bytes: number;
  /** The salt, from the header, a batch or the seal. Undefined if all of them are damaged, so nothing of the file can be read. */
  readonly salt: number | undefined;
  /** The sequence number after the last one, if there is a seal. */
  readonly sealedEnd: number | undefined;
  /**
   * Whether a person or another program gave the file this name. Its header is then another file's, or the file before it holds
   * its number.
   */
  readonly misnamed: boolean;
}

/** Lists the segment files in order of their sequence numbers. @throws SpoolError when one is of another version, or cannot be read */
export function listSegments(directory: string): SegmentFile[] {
  const numbers = reading(directory, () => fs.readdirSync(directory)).map(segmentNumber);
  const files = numbers
    .filter((number) => number !== undefined)
    .toSorted((a, b) => a - b)
    .map((first) => examine(directory, first));
  return withoutStrangers(files);
}

/** Marks files that do not belong to the spool: those without a readable salt, with a number that the file before them holds. */
function withoutStrangers(files: readonly SegmentFile[]): SegmentFile[] {
  let held = 0;
  return files.map((file) => {
    const stranger = file.salt === undefined && file.first < held;
    if (!stranger) held = Math.max(held, file.sealedEnd ?? 0);
    return stranger ? { ...file, misnamed: true } : file;
  });
}

function examine(directory: string, first: number): SegmentFile {
  const path = join(directory, segmentName(first));
  return withFile(path, (fd) => {
    const bytes = fs.fstatSync(fd).size;
    const begin = readPiece(fd, 0, FILE_HEADER_BYTES + BATCH_HEAD_BYTES);
    const header = decodeFileHeader(begin, path);
    const misnamed = header !== undefined && (header.kind !== FILE_KIND.segment || header.first !== first);
    const seal = sealIn(readPiece(fd, bytes - BATCH_HEAD_BYTES, BATCH_HEAD_BYTES));
    const known = header?.salt ?? readBatchHead(begin, FILE_HEADER_BYTES)?.salt ?? seal?.salt;
    const salt = known ?? findSalt(directory, first, bytes);
    return { first, bytes, salt, sealedEnd: seal?.salt === salt ? seal?.first : undefined, misnamed };
  });
}

function sealIn(bytes: Buffer): BatchHead | undefined {
  const head = readBatchHead(bytes, 0);
  return head?.count === 0 ? head : undefined;
}
