/** What the figures of all producers were in the last ten minutes, a sample a second, in bounded memory. */

import type { Operable } from '../caller/metrics/exporter.ts';
import { Ring } from './ring.ts';
import { RecentLatency, readSample, SERIES } from './series.ts';

/** Number of samples that are kept. */
export const SAMPLES = 600;

export interface HistoryAnswer {
  /** When each sample was taken, in ms since 1970. */
  readonly times: readonly number[];
  /** By producer and series, a number for each time; null where there is none. */
  readonly producers: Readonly<Record<string, Columns>>;
}

/** By the name of the series, as in `SERIES`. */
type Columns = Readonly<Record<string, readonly (number | null)[]>>;

interface Track {
  readonly producer: Pick<Operable, 'name' | 'snapshot'>;
  readonly ring: Ring;
  readonly latency: RecentLatency;
}

export class History {
  readonly #times = new Ring(1, SAMPLES);
  readonly #tracks: readonly Track[];

  constructor(producers: readonly Pick<Operable, 'name' | 'snapshot'>[]) {
    this.#tracks = producers.map((producer) => ({
      producer,
      ring: new Ring(SERIES.length, SAMPLES),
      latency: new RecentLatency(),
    }));
  }

  /** Takes a sample of every producer. */
  sample(now: number): void {
    // All snapshots come first, because one that throws must not leave the rings with different numbers of samples.
    const snapshots = this.#tracks.map(({ producer }) => producer.snapshot());
    this.#times.next()[0] = now;
    for (const [index, snapshot] of snapshots.entries()) {
      const { latency, ring } = this.#tracks[index] as Track;
      readSample(snapshot, latency, ring.next());
    }
  }

  /** Returns the samples that were taken after `since`, in ms since 1970. */
  after(since: number): HistoryAnswer {
    const times = this.#times.column(0, 0);
    // The sample that the client has is found by its time, because times decrease where the clock is set back.
    const known = times.lastIndexOf(since);
    const from = known === -1 ? times.filter((time) => time <= since).length : known + 1;
    const producers = this.#tracks.map(({ producer, ring }) => {
      const series = SERIES.map((name, index) => [name, ring.column(index, from).map(sent)] as const);
      return [producer.name, Object.fromEntries(series)] as const;
    });
    return { times: times.slice(from), producers: Object.fromEntries(producers) };
  }
}

/** Three decimals are enough for a plot. JSON has no NaN. */
const sent = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null);
