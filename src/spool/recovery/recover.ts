/**
 * Finds out from a spool's files what the spool holds, at the opening. It reads headers, seals and the settlement log, and of
 * the records only those of a last segment without a seal. This folder runs in the worker thread, and in the main thread of the
 * `produce spool` commands.
 *
 *     all settled    confirmed, settled or pending  may never have been synced    half-written
 *     ──────────────┼──────────────────────────────┼─────────────────────────────┼────────────► sequence
 *                   base                           confirmed                     next; cut off after it
 */

import { join } from 'node:path';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import { FILE_HEADER_BYTES, SETTLEMENT_KIND, type SettlementEntry } from '../format.ts';
import { MOST_NUMBERS, Segment, segmentName } from '../segments/segment.ts';
import { SegmentReader } from '../segments/segment-reader.ts';
import {
  joined,
  LOG_NAME,
  readSettlements,
  type SettlementContents,
  settledRuns,
} from '../settlements/settlement-log.ts';
import type { Loss } from './loss.ts';
import { listSegments, type SegmentFile } from './recovered-files.ts';

export interface Recovered {
  readonly segments: Segment[];
  /** The first free sequence number. */
  readonly next: number;
  /** All messages below it were confirmed. */
  readonly confirmed: number;
  /**
   * Segments without a seal. Each must get one, not only the last. If the segments after it are gone, a later opening would
   * search it for its end. Messages after damage in it would then be taken for half-written.
   */
  readonly unsealed: readonly Segment[];
  /** The last segment, if a crash left a half-written batch in its file after `bytes`. That part must be cut off. */
  readonly tooLong: Segment | undefined;
  /** Segments that may never have been synced. */
  readonly unsynced: readonly Segment[];
  /** Segments of which no message can be read. */
  readonly unreadable: readonly Segment[];
  /** Files that are no segments of this spool, and files in which nothing is undamaged. They must be put aside. */
  readonly strays: readonly string[];
  /** Whether a part of the settlement log is damaged. */
  readonly logDamaged: boolean;
  readonly losses: readonly Loss[];
}

const MISNAMED =
  'its header is that of another file, or none: it has been renamed or copied or put there, and is not read';

type ReportLoss = (loss: Loss) => void;

/** What the settlement log records about all segments. */
interface Settlements {
  readonly runs: readonly NumberRun[];
  /** All messages below it have settled. */
  readonly base: number;
  /** All messages below it were confirmed. */
  readonly confirmed: number;
}

/** Reads the files and changes nothing. @throws SpoolError when a file is of another version or cannot be read, which is no damage */
export function recover(directory: string): Recovered {
  const losses: Loss[] = [];
  const report: ReportLoss = (loss) => losses.push(loss);
  // The log is read first. If an owner goes on writing meanwhile, the files read later then hold everything that the log
  // records as confirmed.
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
    (settlements.runs.at(-1)?.[1] ?? -1) + 1,
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

/** Whether the file holds more than a header but nothing tells whether there were messages. Such a file is kept and not deleted. */
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

/** Reports a damaged or missing log. Returns whether the log is undamaged. */
function reportLog(directory: string, log: SettlementContents, used: boolean, report: ReportLoss): boolean {
  const missing = !log.exists && used;
  if (log.damaged === 0 && !missing) return true;
  const wrong = missing ? 'it is not there' : `damaged in ${log.damaged} places`;
  const what = `${wrong}: messages that had settled may be delivered again, none is lost by it`;
  report({ kind: 'settlements', file: join(directory, LOG_NAME), what, count: 0, bytes: 0 });
  return false;
}

/** Makes a segment from its file. `following` is where the next segment begins. Numbers from there on do not belong to this segment. */
function toSegment(directory: string, file: SegmentFile, following: number | undefined): Segment {
  const segment = new Segment(directory, file.first, file.salt ?? Number.NaN);
  const limit = Math.min(following ?? Number.MAX_SAFE_INTEGER, file.first + MOST_NUMBERS);
  segment.bytes = file.bytes;
  segment.end = Math.max(file.first, Math.min(file.sealedEnd ?? limit, limit));
  return segment;
}

/**
 * Finds the end of the last segment, which has no seal after a crash. It ends after its last undamaged record.
 *
 * The bytes after that are a half-written batch, to be cut off. If they were confirmed, they are lost instead, and reading
 * reports them. Returns whether a part must be cut off.
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

/** Describes a file in which no message was confirmed, and of which the number of messages is unknown. */
const nothingOf = ({ path: file, bytes }: Segment): Loss => ({
  kind: 'unconfirmed',
  file,
  what: 'neither its header nor any batch is whole',
  count: 0,
  bytes,
});

interface WholeEnd {
  /** The sequence number and the position in the file after the last undamaged record. */
  readonly end: number;
  readonly position: number;
  /** The sequence number after the last one that any batch head claims. */
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

/** Returns the end of the last undamaged record in the current batch. */
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

/** Settles all recorded runs in their segments. Both lists are in order, so one pass is enough. */
function settleAll(segments: readonly Segment[], { runs, base }: Settlements): void {
  let index = 0;
  for (const segment of segments) {
    if (base > segment.first) settleWithin(segment, [segment.first, base - 1]);
    while (index < runs.length && (runs[index] as NumberRun)[1] < segment.first) index++;
    for (let at = index; at < runs.length && (runs[at] as NumberRun)[0] < segment.end; at++)
      settleWithin(segment, runs[at] as NumberRun);
  }
}

function settleWithin(segment: Segment, [first, last]: NumberRun): void {
  const from = Math.max(segment.first, first);
  const to = Math.min(segment.end - 1, last);
  if (from <= to) segment.settled.settle(from, to);
}

/** Reports confirmed sequence numbers that have not settled and that no file holds. */
function reportMissing(directory: string, segments: readonly Segment[], known: Settlements, report: ReportLoss): void {
  const held = segments.map(({ first, end }) => [first, end - 1] as const);
  const covered = joined([[0, known.base - 1], ...held, ...known.runs]);
  let from = 0;
  for (const [first, last] of [...covered, [known.confirmed, Number.MAX_SAFE_INTEGER] as const]) {
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
