/** What the operations endpoint watches: the producers of one runtime, its routes and, in a pipeline, its sources. */

import type { Operable } from '../caller/metrics/exporter.ts';
import type { MetricsOptions } from '../caller/metrics/options.ts';
import type { Routes } from '../config/routes/schema.ts';
import type { RouteCounts } from '../routing/router.ts';
import type { Mask } from '../shared/log/masking.ts';

/** Counts of a source, as a pipeline reports them. */
export interface SourceFigures {
  readonly type: string;
  readonly read: number;
  readonly bad: number;
  readonly accepted: number;
  readonly outcomes: Readonly<Partial<Record<string, number>>>;
}

export interface Operated {
  readonly producers: readonly Operable[];
  readonly routes: Routes | undefined;
  /** Returns how many messages took each route. */
  counts(): RouteCounts;
  /** Returns the counts by source; absent where messages come from the application only. */
  readonly sources?: () => Readonly<Record<string, SourceFigures>>;
  /** Files that dead letters are written to, as the configuration names them. */
  readonly deadLetterFiles: readonly string[];
  /** Where the application exports its figures to; absent if it does not. */
  readonly metrics?: MetricsOptions | undefined;
  /** Removes the secrets of all producers from a text. */
  readonly mask: Mask;
}
