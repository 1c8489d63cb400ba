/** All that an opening reads of a spool's files. It changes nothing, so that it can be repeated where the system refuses a read. */

import { type Recovered, recover } from './recovery/recover.ts';
import { leftOut, tornRuns } from './recovery/torn-runs.ts';
import type { Segment } from './segments/segment.ts';
import { copiesIn } from './segments/segment-copy.ts';
import type { NumberRun } from './settlements/settled-map.ts';
import { type SettledName, settledNames } from './settlements/settlement-log.ts';

export interface Opening extends Recovered {
  /** Segments of which a crash has kept only a part, and the messages that are not there; none of them was confirmed. */
  readonly torn: readonly { readonly segment: Segment; readonly runs: readonly NumberRun[] }[];
  /** Numbers that were left out, and of which the log does not say so: a crash came first, or the log is damaged. */
  readonly unused: readonly { readonly segment: Segment; readonly runs: readonly NumberRun[] }[];
  /** Files that are kept for what their names say. */
  readonly settledFiles: readonly SettledName[];
  /** Half-made copies of segments. */
  readonly copies: readonly string[];
}

/** @throws SpoolError as `recover` does */
export function lookToOpen(directory: string): Opening {
  const recovered = recover(directory);
  const torn = recovered.unsynced.map((segment) => ({ segment, runs: tornRuns(segment, recovered.confirmed) }));
  const unsaid = recovered.logDamaged ? recovered.segments : recovered.unsynced;
  const unused = unsaid.map((segment) => ({ segment, runs: leftOut(segment) }));
  return { ...recovered, torn, unused, settledFiles: settledNames(directory), copies: copiesIn(directory) };
}
