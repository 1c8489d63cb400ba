/** Counts the outcomes of one producer's messages: a row of a JSON object for a program, a table for a person. */

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
  /** Number of messages that came back unchanged; undefined where they cannot be read back. */
  readonly readBack?: number;
}

export function summarize({ name, kind }: Pick<Summary, 'name' | 'kind'>, stats: Stats): Summary {
  const { accepted, delivered, deadLettered, dropped, expired, pending, p50Ms, p99Ms } = stats;
  // An interrupt withdraws the messages that are still queued; these were not delivered either.
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

/** Counters of a pipeline's producer, which has more outcomes. */
export interface PipeSummary extends Summary {
  /** Withdrawn before they were sent, because their caller stopped waiting. */
  readonly withdrawn: number;
  readonly spooled: number;
  /** Read from the spool of an earlier run; not counted as accepted. */
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
