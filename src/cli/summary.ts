/** What became of the messages of one producer: for a program as the row of a JSON object, for a person as a table. */

import type { Stats } from '../caller/stats.ts';
import { type Column, table } from './table.ts';

export interface Summary {
  readonly name: string;
  readonly kind: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly undelivered: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Messages that came back as they were sent; none where there is nothing to read from. */
  readonly readBack?: number;
}

export function summarize({ name, kind }: Pick<Summary, 'name' | 'kind'>, stats: Stats): Summary {
  const { accepted, delivered, deadLettered, dropped, expired, pending, p50Ms, p99Ms } = stats;
  // Whoever interrupts the command withdraws what is still queued: it was not delivered either.
  const undelivered = stats.undelivered + expired + pending;
  return { name, kind, accepted, delivered, deadLettered, dropped, undelivered, p50Ms, p99Ms };
}

const milliseconds = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} ms`);

const WHO: readonly Column<Summary>[] = [
  { title: 'producer', cell: (row) => row.name, align: 'left' },
  { title: 'kind', cell: (row) => row.kind, align: 'left' },
];

const LATENCY: readonly Column<Summary>[] = [
  { title: 'p50', cell: (row) => milliseconds(row.p50Ms) },
  { title: 'p99', cell: (row) => milliseconds(row.p99Ms) },
];

export const smokeTable = (rows: readonly Summary[]): string =>
  table<Summary>(
    [
      ...WHO,
      { title: 'sent', cell: (row) => row.accepted },
      { title: 'delivered', cell: (row) => row.delivered },
      { title: 'read back', cell: (row) => row.readBack ?? '-' },
      ...LATENCY,
    ],
    rows,
  );

const ENDS: readonly Column<Summary>[] = [
  { title: 'accepted', cell: (row) => row.accepted },
  { title: 'delivered', cell: (row) => row.delivered },
  { title: 'dead-lettered', cell: (row) => row.deadLettered },
  { title: 'dropped', cell: (row) => row.dropped },
  { title: 'undelivered', cell: (row) => row.undelivered },
];

export const sendTable = (rows: readonly Summary[]): string => table<Summary>([...WHO, ...ENDS, ...LATENCY], rows);

/** A producer of a pipeline, of which more can be said than of one that only sends. */
export interface PipeSummary extends Summary {
  /** Taken back before they were sent, because somebody waited no longer. */
  readonly withdrawn: number;
  readonly spooled: number;
  /** Came from the spool of an earlier run; not counted as accepted. */
  readonly recovered: number;
}

export const pipeTable = (rows: readonly PipeSummary[]): string =>
  table<PipeSummary>(
    [
      ...WHO,
      ...ENDS,
      { title: 'withdrawn', cell: (row) => row.withdrawn },
      { title: 'spooled', cell: (row) => row.spooled },
      { title: 'recovered', cell: (row) => row.recovered },
      ...LATENCY,
    ],
    rows,
  );
