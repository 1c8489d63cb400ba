/**
 * Finds the salt of a segment whose header, first batch and seal are all damaged. One bad block at the beginning of a file that
 * a crash left without a seal does that. Every undamaged batch head in between holds the salt.
 */

import { FileWindow } from './file-window.ts';
import { headsIn } from './head-search.ts';
import { MOST_NUMBERS, Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';

/** Maximum number of salts that are tried. A message may hold a piece of a spool, with batch heads of its own. */
const SALTS_TRIED = 8;

/**
 * Returns the salt under which most bytes of the file are undamaged, or undefined if no head is.
 * @throws SpoolError if the file cannot be read
 */
export function findSalt(directory: string, first: number, bytes: number): number | undefined {
  const segmentWith = (salt: number) => Object.assign(new Segment(directory, first, salt), { bytes });
  const salts = saltsIn(segmentWith(Number.NaN));
  if (salts.length <= 1) return salts[0];
  const whole = salts.map((salt) => wholeBytes(segmentWith(salt)));
  return salts[whole.indexOf(Math.max(...whole))];
}

/** Returns the salts of the heads in the file, the most frequent one first. */
function saltsIn({ path, first, bytes }: Segment): number[] {
  const heads = new Map<number, number>();
  const window = new FileWindow(path);
  try {
    for (const head of headsIn(window, 0, bytes))
      if (head.first >= first && head.first <= first + MOST_NUMBERS)
        heads.set(head.salt, (heads.get(head.salt) ?? 0) + 1);
  } finally {
    window.close();
  }
  const byCount = [...heads].toSorted(([, a], [, b]) => b - a);
  return byCount.slice(0, SALTS_TRIED).map(([salt]) => salt);
}

function wholeBytes(segment: Segment): number {
  segment.end = segment.first + MOST_NUMBERS;
  const reader = new SegmentReader(segment, () => {});
  let whole = 0;
  try {
    while (reader.next(segment.first))
      for (let index = 0; index < (reader.batch?.count ?? 0); index++) whole += reader.batch?.wholeSize(index) ?? 0;
  } finally {
    reader.close();
  }
  return whole;
}
