/** Measures how long messages take from acceptance to acknowledgement. */

import { createHistogram } from 'node:perf_hooks';

/** Percentiles in milliseconds; null before the first delivery. */
export interface LatencySummary {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

const MICROSECONDS = 1000;

/** Records one value per lease, that of its first message. It is exact for awaited sends, and an upper bound within a burst. */
export class Latency {
  readonly #histogram = createHistogram();

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * MICROSECONDS)));
  }

  summary(): LatencySummary {
    const at = (percentile: number) =>
      this.#histogram.count === 0 ? null : this.#histogram.percentile(percentile) / MICROSECONDS;
    return { p50Ms: at(50), p99Ms: at(99) };
  }
}
