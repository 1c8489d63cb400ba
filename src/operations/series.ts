/** The figures of a producer that are kept for the plots, one number each. */

import type { Snapshot } from '../caller/snapshot.ts';

/** Counters since the start, and gauges of the moment. */
const FIGURES = {
  accepted: ({ accepted }: Snapshot) => accepted,
  delivered: ({ delivered }: Snapshot) => delivered,
  failedAttempts: ({ attempts }: Snapshot) => attempts.failed,
  deadLettered: ({ deadLettered }: Snapshot) => deadLettered,
  lost: ({ dropped, expired, undelivered }: Snapshot) => dropped + expired + undelivered,
  pending: ({ pending }: Snapshot) => pending,
  oldestMs: ({ oldestMs }: Snapshot) => oldestMs ?? 0,
  queueBytes: ({ queue }: Snapshot) => queue.bytes,
  spoolBytes: ({ spool }: Snapshot) => spool?.bytes ?? 0,
  connected: ({ connection }: Snapshot) => Number(connection === 'connected'),
} as const;

/** Latencies of the messages that were delivered since the sample before; NaN if there were none. */
const LATENCIES = ['p50Ms', 'p99Ms'] as const;

const READERS = Object.values(FIGURES);

export const SERIES: readonly string[] = [...Object.keys(FIGURES), ...LATENCIES];

/** Finds percentiles of the latencies between two samples, from the histogram of all. */
export class RecentLatency {
  /** The histogram at the sample before. */
  #before: Float64Array | undefined;

  /** Returns the percentiles of what was measured since the last call; NaN if nothing was. */
  since({ buckets }: Snapshot['latency'], quantiles: readonly number[]): readonly number[] {
    const before = this.#before ?? new Float64Array(buckets.length);
    const counts = buckets.map(({ count }, index) => count - (before[index] ?? 0));
    this.#before = Float64Array.from(buckets, ({ count }) => count);
    return quantiles.map((quantile) => percentile(buckets, counts, quantile));
  }
}

/** Interpolates within the bucket. Of what is above all bounds it knows the last bound only. */
function percentile(buckets: Snapshot['latency']['buckets'], counts: readonly number[], quantile: number): number {
  const rank = quantile * counts.reduce((sum, count) => sum + count, 0);
  if (rank === 0) return Number.NaN;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    const lower = buckets[index - 1]?.ms ?? 0;
    const upper = buckets[index]?.ms ?? lower;
    if (below + count >= rank && count > 0)
      return Number.isFinite(upper) ? lower + ((upper - lower) * (rank - below)) / count : lower;
    below += count;
  }
  return Number.NaN;
}

const QUANTILES = [0.5, 0.99];

/** Writes one sample into `row`, in the order of `SERIES`. */
export function readSample(snapshot: Snapshot, latency: RecentLatency, row: Float64Array): void {
  for (const [index, read] of READERS.entries()) row[index] = read(snapshot);
  row.set(latency.since(snapshot.latency, QUANTILES), READERS.length);
}
