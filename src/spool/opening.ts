/**
 * Reads everything that an opening needs from a spool's files. It changes nothing, so it can be repeated after the system
 * refused a read.
 */

import type { NumberRun } from '../shared/sequence-ranges.ts';
import { type Recovered, recover } from './recovery/recover.ts';
import { leftOut, tornRuns } from './recovery/torn-runs.ts';
import type { Segment } from './segments/segment.ts';
import { copiesIn } from './segments/segment-copy.ts';
import { type SettledName, settledNames } from './settlements/settlement-log.ts';

export interface Opening extends Recovered {
  /** Segments of which a crash kept only a part, and the sequence numbers of the missing messages. None of them was confirmed. */
  readonly torn: readonly { readonly segment: Segment; readonly runs: readonly NumberRun[] }[];
  /** Skipped sequence numbers that the settlement log does not record. Either a crash came before the entry, or the log is damaged. */
  readonly unused: readonly { readonly segment: Segment; readonly runs: readonly NumberRun[] }[];
  /** Files that are kept only because their names record what has settled. */
  readonly settledFiles: readonly SettledName[];
  /** Unfinished copies of segments. */
  readonly copies: readonly string[];
}

/** Reads the spool's files and changes nothing. @throws SpoolError as `recover` does */
export function inspectToOpen(directory: string): Opening {
  const recovered = recover(directory);
  const torn = recovered.unsynced.map((segment) => ({ segment, runs: tornRuns(segment, recovered.confirmed) }));
  const unsaid = recovered.logDamaged ? recovered.segments : recovered.unsynced;
  const unused = unsaid.map((segment) => ({ segment, runs: leftOut(segment) }));
  return { ...recovered, torn, unused, settledFiles: settledNames(directory), copies: copiesIn(directory) };
}
