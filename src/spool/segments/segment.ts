/** State of one segment: which sequence numbers it holds, how large it is, which of its messages have settled. */

import { join } from 'node:path';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import { SettledMap } from '../settlements/settled-map.ts';

const DIGITS = 16;
const NAME = /^(\d{16})\.segment$/;

export const segmentName = (first: number): string => `${String(first).padStart(DIGITS, '0')}.segment`;

/** Returns the sequence number in a segment's name, or undefined for another file. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const SETTLED_NAME = /^(\d{16})-(\d{16})\.settled$/;

/** Returns the name of a segment's file that is kept only for its name, which records that all numbers of the run have settled. */
export const settledName = ([first, last]: NumberRun): string =>
  `${String(first).padStart(DIGITS, '0')}-${String(last).padStart(DIGITS, '0')}.settled`;

/** Returns the run in such a name, or undefined for another file. */
export function settledRun(name: string): NumberRun | undefined {
  const [, first, last] = SETTLED_NAME.exec(name) ?? [];
  return first === undefined ? undefined : [Number(first), Number(last)];
}

/** Maximum count of sequence numbers that a segment spans, skipped ones included, because memory holds a bit for each. */
export const MOST_NUMBERS = 2 ** 26;

export class Segment {
  readonly path: string;
  readonly first: number;
  /** The salt in every batch head of the file. NaN if it is unknown because of damage. */
  readonly salt: number;
  readonly settled: SettledMap;
  /** The sequence number after the last one. */
  end: number;
  /** Bytes of the file that count. A half-written end does not. */
  bytes: number;
  /** The settlement log records which numbers below it were skipped. A number below it that is missing and has not settled is lost. */
  knownBefore = 0;
  /** Whether something of the segment was lost and the file was put aside for inspection. */
  putAside = false;
  /** Whether the file was deleted from outside while it was open. Callers that waited for it have been told. */
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

/** Returns the index of the last segment that begins at `sequence` or before, or -1 if none does. */
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
