/** From the files of a spool to what it holds: headers, seals and the settlement log; of the records only the last ones. */

import { join } from 'node:path';
import { FILE_HEADER_BYTES, SETTLEMENT_KIND, type SettlementEntry } from '../format.ts';
import { MOST_NUMBERS, Segment, segmentName } from '../segments/segment.ts';
import { SegmentReader } from '../segments/segment-reader.ts';
import type { NumberRun } from '../settlements/settled-map.ts';
import { LOG_NAME, readSettlements, type SettlementContents, settledRuns } from '../settlements/settlement-log.ts';
import type { Loss } from './loss.ts';
import { listSegments, type SegmentFile } from './recovered-files.ts';

export interface Recovered {
  readonly segments: Segment[];
  /** The first free sequence number. */
  readonly next: number;
  /** All below was confirmed. */
  readonly confirmed: number;
  /**
   * Segments without a seal. Each is to get one, the last or not: when those behind it are gone, it would be searched for its
   * end, and what lies behind damage in it would be taken for half-written.
   */
  readonly unsealed: readonly Segment[];
  /** Behind its `bytes` the file of this one, the last, has what a crash left half-written: it is to be cut off. */
  readonly tooLong: Segment | undefined;
  /** Segments that may never have been synced. */
  readonly unsynced: readonly Segment[];
  /** Their messages cannot be read at all. */
  readonly unreadable: readonly Segment[];
  /** Files that are no segments of this spool, and those of which nothing is whole: they are to be put aside. */
  readonly strays: readonly string[];
  /** Some of the log is damaged. */
  readonly logDamaged: boolean;
  readonly losses: readonly Loss[];
}

const MISNAMED =
  'its header is that of another file, or none: it has been renamed or copied or put there, and is not read';

type ReportLoss = (loss: Loss) => void;

/** What the log says about all segments. */
interface Settlements {
  readonly runs: readonly NumberRun[];
  /** All below has settled. */
  readonly base: number;
  /** All below was confirmed. */
  readonly confirmed: number;
}

/** Changes nothing. @throws SpoolError when a file is of another version or cannot be read, which is no damage */
export function recover(directory: string): Recovered {
  const losses: Loss[] = [];
  const report: ReportLoss = (loss) => losses.push(loss);
  // First: whoever only looks while the owner goes on has then in the files all that the log says was confirmed.
  const log = readSettlements(directory);
  const listed = listSegments(directory);
  const files = listed.filter(({ misnamed }) => !misnamed);
  const settlements = understand(log.entries);
  const whole = reportLog(directory, log, files.length > 0, report);
  const misnamed = listed.filter((file) => file.misnamed).map(({ first }) => join(directory, segmentName(first)));
  for (const file of misnamed) report({ kind: 'lost', file, what: MISNAMED, count: 0, bytes: 0 });
  const found = files.map((file, index) => toSegment(directory, file, files[index + 1]?.first));
  const last = found.at(-1);
  const unsealed = found.filter((_, index) => files[index]?.sealedEnd === undefined);
  const isOpen = last !== undefined && unsealed.includes(last);
  const tooLong = isOpen && findEnd(last, settlements.confirmed, report) ? last : undefined;
  const next = Math.max(
    last?.end ?? 0,
    settlements.confirmed,
    settlements.base,
    (settlements.runs.at(-1)?.last ?? -1) + 1,
  );
  const nameless = found.filter(isNameless);
  const segments = found.filter((segment) => !isNameless(segment));
  settleAll(segments, settlements);
  if (whole) reportMissing(directory, segments, settlements, report);
  if (whole) for (const segment of segments) segment.knownBefore = settlements.confirmed;
  return {
    segments,
    next,
    confirmed: settlements.confirmed,
    unsealed: unsealed.filter((segment) => segments.includes(segment)),
    tooLong,
    unsynced: segments.filter(({ end }) => end > settlements.confirmed),
    unreadable: segments.filter(({ salt }) => Number.isNaN(salt)),
    strays: [...misnamed, ...nameless.map(({ path }) => path)],
    logDamaged: log.damaged > 0,
    losses,
  };
}

/** There is more than a header in it, but nothing says whether there were messages: it is kept, and not deleted. */
const isNameless = ({ salt, first, end, bytes }: Segment): boolean =>
  Number.isNaN(salt) && end === first && bytes > FILE_HEADER_BYTES;

function understand(entries: readonly SettlementEntry[]): Settlements {
  const marks = entries.filter(({ kind }) => kind === SETTLEMENT_KIND.mark);
  const highest = (figures: number[]) => figures.reduce((high, figure) => Math.max(high, figure), 0);
  return {
    runs: settledRuns(entries),
    base: highest(marks.map(({ first }) => first)),
    confirmed: highest(marks.map(({ last }) => last)),
  };
}

/** Returns whether the log is whole. */
function reportLog(directory: string, log: SettlementContents, used: boolean, report: ReportLoss): boolean {
  const missing = !log.exists && used;
  if (log.damaged === 0 && !missing) return true;
  const wrong = missing ? 'it is not there' : `damaged in ${log.damaged} places`;
  const what = `${wrong}: messages that had settled may be delivered again, none is lost by it`;
  report({ kind: 'settlements', file: join(directory, LOG_NAME), what, count: 0, bytes: 0 });
  return false;
}

/** `following`: where the next segment begins, beyond which no number of this one counts. */
function toSegment(directory: string, file: SegmentFile, following: number | undefined): Segment {
  const segment = new Segment(directory, file.first, file.salt ?? Number.NaN);
  const limit = Math.min(following ?? Number.MAX_SAFE_INTEGER, file.first + MOST_NUMBERS);
  segment.bytes = file.bytes;
  segment.end = Math.max(file.first, Math.min(file.sealedEnd ?? limit, limit));
  return segment;
}

/**
 * The last segment has no seal after a crash. It ends behind its last whole record; what is behind that was being written,
 * and is to be cut off, unless it had been confirmed: then it is lost, and reading will say so. Returns whether it is.
 */
function findEnd(segment: Segment, confirmed: number, report: ReportLoss): boolean {
  if (Number.isNaN(segment.salt)) {
    segment.end = Math.max(segment.first, confirmed);
    if (segment.end === segment.first) report(nothingOf(segment));
    return false;
  }
  const { end, position, claimed } = lastWhole(segment, confirmed);
  segment.end = Math.max(end, confirmed, segment.first);
  if (end < confirmed || position >= segment.bytes) return false;
  reportCut(segment, end, claimed, position, report);
  segment.bytes = position;
  return true;
}

/** No message in it was confirmed, and how many there were nobody knows. */
const nothingOf = ({ path: file, bytes }: Segment): Loss => ({
  kind: 'unconfirmed',
  file,
  what: 'neither its header nor any batch is whole',
  count: 0,
  bytes,
});

interface WholeEnd {
  /** Behind the last whole record: its number, and its place in the file. */
  readonly end: number;
  readonly position: number;
  /** Behind the last number that any head claims. */
  readonly claimed: number;
}

function lastWhole(segment: Segment, hint: number): WholeEnd {
  const reader = new SegmentReader(segment, () => {});
  let whole = { end: segment.first, position: FILE_HEADER_BYTES };
  let claimed = segment.first;
  try {
    while (reader.next(hint)) {
      whole = wholeIn(reader) ?? whole;
      claimed = reader.reached;
    }
  } finally {
    reader.close();
  }
  return { ...whole, claimed };
}

/** The end of the last whole record of the batch at hand. */
function wholeIn(reader: SegmentReader): { end: number; position: number } | undefined {
  const { batch } = reader;
  if (batch === undefined) return undefined;
  let index = batch.count - 1;
  while (index >= 0 && batch.wholeSize(index) === 0) index--;
  if (index < 0) return undefined;
  return { end: batch.first + index + 1, position: reader.positionOf(batch.offsetOf(index + 1)) };
}

function reportCut(segment: Segment, end: number, claimed: number, position: number, report: ReportLoss): void {
  const count = Math.max(0, claimed - end);
  report({
    kind: 'unconfirmed',
    file: segment.path,
    what: 'the half-written end of the last batch was cut off; none of it was confirmed',
    ...(count > 0 && { first: end, last: claimed - 1 }),
    count,
    bytes: segment.bytes - position,
  });
}

/** Both are in order, so that one pass does. */
function settleAll(segments: readonly Segment[], { runs, base }: Settlements): void {
  let index = 0;
  for (const segment of segments) {
    if (base > segment.first) settleWithin(segment, { first: segment.first, last: base - 1 });
    while (index < runs.length && (runs[index] as NumberRun).last < segment.first) index++;
    for (let at = index; at < runs.length && (runs[at] as NumberRun).first < segment.end; at++)
      settleWithin(segment, runs[at] as NumberRun);
  }
}

function settleWithin({ settled, first, end }: Segment, run: NumberRun): void {
  const from = Math.max(first, run.first);
  const last = Math.min(end - 1, run.last);
  if (from <= last) settled.settle(from, last);
}

/** Confirmed numbers that have not settled and that no file holds. */
function reportMissing(directory: string, segments: readonly Segment[], known: Settlements, report: ReportLoss): void {
  const held = segments.map(({ first, end }) => ({ first, last: end - 1 }));
  const below = { first: 0, last: known.base - 1 };
  const covered = [below, ...held, ...known.runs].map((run) => ({ kind: SETTLEMENT_KIND.settled, ...run }));
  let from = 0;
  for (const { first, last } of [...settledRuns(covered), { first: known.confirmed, last: Number.MAX_SAFE_INTEGER }]) {
    const end = Math.min(first, known.confirmed);
    if (end > from) report(missing(directory, from, end - 1));
    from = Math.max(from, last + 1);
  }
}

const missing = (directory: string, first: number, last: number): Loss => ({
  kind: 'lost',
  file: join(directory, segmentName(first)),
  what: 'the file that should hold these messages is not there',
  first,
  last,
  count: last - first + 1,
  bytes: 0,
});
