/** Measures how long messages take from acceptance to acknowledgement. */

import { createHistogram } from 'node:perf_hooks';

/** Percentiles in milliseconds; null before the first delivery. */
export interface LatencySummary {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Times from acceptance to acknowledgement, as a histogram of delivered messages. */
export interface LatencyHistogram {
  /** Number of messages that took at most `ms` and more than the bucket before. The last `ms` is Infinity, which JSON writes as null. */
  readonly buckets: readonly { readonly ms: number; readonly count: number }[];
  /** Number of measured messages. Messages that an earlier run had left in the spool are not measured. */
  readonly count: number;
  readonly sumMs: number;
}

const MICROSECONDS = 1000;

/** Upper bounds of the buckets in ms, from a local broker to an outage of an hour. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000,
];

/** Records one value per lease, that of its first message. It is exact for awaited sends, and an upper bound within a burst. */
export class Latency {
  readonly #recorded: (ms: number) => void;
  readonly #histogram = createHistogram();
  /** Number of messages by bucket; the last one counts those above all bounds. */
  readonly #buckets = new Float64Array(LATENCY_BOUNDS_MS.length + 1);
  #sumMs = 0;

  /** `recorded` is called once for the messages that are recorded together. */
  constructor(recorded: (ms: number) => void = () => {}) {
    this.#recorded = recorded;
  }

  /** Records that `messages` of one lease were delivered `ms` after their acceptance. */
  record(ms: number, messages: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * MICROSECONDS)));
    this.recordLate(ms, messages);
  }

  /** Records messages that were on disk only. Their time is known coarsely, so they are left out of the percentiles. */
  recordLate(ms: number, messages: number): void {
    const found = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const bucket = found < 0 ? LATENCY_BOUNDS_MS.length : found;
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + messages;
    this.#sumMs += ms * messages;
    this.#recorded(ms);
  }

  summary(): LatencySummary {
    const at = (percentile: number) =>
      this.#histogram.count === 0 ? null : this.#histogram.percentile(percentile) / MICROSECONDS;
    return { p50Ms: at(50), p99Ms: at(99) };
  }

  histogram(): LatencyHistogram {
    const buckets = Array.from(this.#buckets, (count, index) => ({ ms: LATENCY_BOUNDS_MS[index] ?? Infinity, count }));
    return { buckets, count: this.#buckets.reduce((sum, count) => sum + count, 0), sumMs: this.#sumMs };
  }
}
