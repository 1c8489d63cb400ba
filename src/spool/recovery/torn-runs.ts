/**
 * Finds unconfirmed messages of which a power cut left only a part. Any part of what was not synced may be missing, in any
 * order. Also finds skipped sequence numbers that the settlement log does not record.
 */

import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { Segment } from '../segments/segment.ts';
import { SegmentReader } from '../segments/segment-reader.ts';
import { verifySegment } from './verify.ts';

/**
 * Returns the sequence numbers from `confirmed` on that the segment should hold and of which no record can be read.
 * @throws SpoolError
 */
export function tornRuns(segment: Segment, confirmed: number): NumberRun[] {
  const { first, end, salt } = segment;
  if (Number.isNaN(salt)) return within([first, end - 1], confirmed);
  const runs: NumberRun[] = [];
  verifySegment(segment, true, ({ first = 0, last = first, count }) => {
    if (count > 0) runs.push(...within([first, last], confirmed));
  });
  return runs;
}

const within = ([first, last]: NumberRun, from: number): NumberRun[] =>
  last < from || last < first ? [] : [[Math.max(first, from), last]];

/** Returns the sequence numbers that no batch of the segment holds, although the segment is undamaged there. @throws SpoolError */
export function leftOut(segment: Segment): NumberRun[] {
  if (Number.isNaN(segment.salt)) return [];
  const runs: NumberRun[] = [];
  const reader = new SegmentReader(segment, ({ first, last, skipped }) => {
    if (skipped) runs.push([first, last]);
  });
  try {
    while (reader.next());
  } finally {
    reader.close();
  }
  return runs;
}
