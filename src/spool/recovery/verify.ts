/** Verifies a whole segment, settled messages too, and reports everything that is wrong with it and how many messages that costs. */

import { readPiece, withFile } from '../files.ts';
import { BATCH_HEAD_BYTES, decodeFileHeader, FILE_HEADER_BYTES, readBatchHead } from '../format.ts';
import type { LoadedBatch } from '../segments/loaded-batch.ts';
import type { Segment } from '../segments/segment.ts';
import { SegmentReader } from '../segments/segment-reader.ts';
import type { Loss } from './loss.ts';

/** Receives each finding. A `count` of 0 means that no message is lost by it. */
type Found = (loss: Loss) => void;

const CRC = 'damaged: its CRC is wrong';
const PLACE = 'its place in the file is damaged, or the file ends before it';

/**
 * Returns how many records are undamaged. `isLast` means that the file may still be written to, or that a crash has ended it.
 * @throws SpoolError if the file cannot be read, which proves nothing about its content
 */
export function verifySegment(segment: Segment, isLast: boolean, found: Found): number {
  const costsNothing = (what: string) => found({ kind: 'lost', file: segment.path, what, count: 0, bytes: 0 });
  verifyEnds(segment, isLast, costsNothing);
  const reader = new SegmentReader(segment, ({ first, last, skipped }) => {
    if (!skipped) lost(segment, { first, last, what: PLACE }, found);
  });
  let whole = 0;
  try {
    while (reader.next()) {
      const { batch, salvaged } = reader;
      if (batch === undefined) break;
      if (salvaged) costsNothing(`the head of the batch from message ${batch.first} on is damaged`);
      else if (!batch.isTableWhole) costsNothing(`the table of the batch from message ${batch.first} on is damaged`);
      whole += verifyRecords(segment, batch, found);
    }
  } finally {
    reader.close();
  }
  return whole;
}

function verifyEnds({ path, bytes, salt }: Segment, isLast: boolean, costsNothing: (what: string) => void): void {
  withFile(path, (fd) => {
    const header = decodeFileHeader(readPiece(fd, 0, FILE_HEADER_BYTES), path);
    if (header === undefined) costsNothing('its header is damaged');
    const seal = readBatchHead(readPiece(fd, bytes - BATCH_HEAD_BYTES, BATCH_HEAD_BYTES), 0);
    const sealed = seal?.count === 0 && seal.salt === salt;
    if (!isLast && !sealed) costsNothing('its seal is damaged, or the file was cut short');
  });
}

/** Verifies the records of a batch. Damaged records that follow one another are reported as one finding. */
function verifyRecords(segment: Segment, batch: LoadedBatch, found: Found): number {
  const end = Math.min(batch.end, segment.end) - batch.first;
  let whole = 0;
  for (let index = 0; index < end; index++) {
    const from = index;
    while (index < end && batch.wholeSize(index) === 0) index++;
    if (index > from) lost(segment, { first: batch.first + from, last: batch.first + index - 1, what: CRC }, found);
    if (index < end) whole++;
  }
  return whole;
}

interface Unusable {
  readonly first: number;
  readonly last: number;
  readonly what: string;
}

/** Reports unreadable messages. Those that had settled are no loss. */
function lost({ path, settled }: Segment, { first, last, what }: Unusable, found: Found): void {
  const runs = [...settled.unsettledRuns(first, last + 1)];
  const loss = { kind: 'lost', file: path, what, bytes: 0 } as const;
  for (const [from, to] of runs) found({ ...loss, first: from, last: to, count: to - from + 1 });
  if (runs.length === 0) found({ ...loss, first, last, count: 0 });
}
