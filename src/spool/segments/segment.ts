/** What is known of one segment: which numbers it holds, how large it is, what of it has settled. */

import { join } from 'node:path';
import { type NumberRun, SettledMap } from '../settlements/settled-map.ts';

const DIGITS = 16;
const NAME = /^(\d{16})\.segment$/;

export const segmentName = (first: number): string => `${String(first).padStart(DIGITS, '0')}.segment`;

/** The number in a segment's name; undefined for another file. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const SETTLED_NAME = /^(\d{16})-(\d{16})\.settled$/;

/** What a segment's file is called that is kept for its name alone: all numbers of the run have settled. */
export const settledName = ({ first, last }: NumberRun): string =>
  `${String(first).padStart(DIGITS, '0')}-${String(last).padStart(DIGITS, '0')}.settled`;

/** The run in such a name; undefined for another file. */
export function settledRun(name: string): NumberRun | undefined {
  const [, first, last] = SETTLED_NAME.exec(name) ?? [];
  return first === undefined ? undefined : { first: Number(first), last: Number(last) };
}

/** A segment spans no more numbers than this, left out ones included: there is a bit for each. */
export const MOST_NUMBERS = 2 ** 26;

export class Segment {
  readonly path: string;
  readonly first: number;
  /** In every batch head of the file. */
  readonly salt: number;
  readonly settled: SettledMap;
  /** Behind the last number. */
  end: number;
  /** Of the file, as far as it counts. */
  bytes: number;
  /** Of numbers below, the settlement log says which were left out: what is not there, and has not settled, is lost. */
  knownBefore = 0;
  /** Something of it was lost, and the file has been put aside for whoever wants to look at it. */
  putAside = false;
  /** Somebody has deleted the file while it was open: whoever waited for it has heard of it. */
  deleted = false;

  constructor(directory: string, first: number, salt: number) {
    this.path = join(directory, segmentName(first));
    this.first = first;
    this.salt = salt;
    this.settled = new SettledMap(first);
    this.end = first;
    this.bytes = 0;
  }

  get pending(): number {
    return this.end - this.first - this.settled.count;
  }

  get isSettled(): boolean {
    return this.pending === 0;
  }
}

/** The index of the last segment that begins at `sequence` or before, -1 where none does. */
export function indexOfSegment(segments: readonly Segment[], sequence: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as Segment).first <= sequence) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
