/** What lies in a spool's directory, read before anything in it is changed. */

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

/** A segment's file, from its two ends. */
export interface SegmentFile {
  /** From its name. */
  readonly first: number;
  readonly bytes: number;
  /** Undefined where neither the header nor any batch nor the seal says it: nothing of the file is whole. */
  readonly salt: number | undefined;
  /** Behind the last number, where the seal says it. */
  readonly sealedEnd: number | undefined;
  /** Somebody has given it this name: its header is another file's, or the file before it holds its number. */
  readonly misnamed: boolean;
}

/** In order of their numbers. @throws SpoolError when one is of another version, or cannot be read */
export function listSegments(directory: string): SegmentFile[] {
  const numbers = reading(directory, () => fs.readdirSync(directory)).map(segmentNumber);
  const files = numbers
    .filter((number) => number !== undefined)
    .toSorted((a, b) => a - b)
    .map((first) => examine(directory, first));
  return withoutStrangers(files);
}

/** A file that says nothing, and whose number is one of those that the file before it holds, is none of ours. */
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
