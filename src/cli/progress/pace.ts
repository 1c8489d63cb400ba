/** Measures how fast something grows, and when it will be done. */

import type { Pace, Reading } from './line.ts';

/** Time in ms over which a rate is measured. A shorter one jumps, a longer one hides a standstill. */
const WINDOW_MS = 5000;

interface Sample {
  readonly at: number;
  readonly done: number;
  readonly share: number | undefined;
}

export class PaceMeter {
  readonly #samples: Sample[] = [];

  /** Takes a reading at a time in ms. */
  take({ done, share }: Reading, at: number): Pace {
    this.#samples.push({ at, done, share });
    while (this.#samples.length > 2 && at - (this.#samples[1] as Sample).at >= WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0] as Sample;
    const seconds = (at - first.at) / 1000;
    if (seconds === 0) return { rate: 0 };
    return { rate: Math.max(0, done - first.done) / seconds, leftMs: leftMs(share, first.share, at - first.at) };
  }
}

/** Returns undefined while nothing moves. */
function leftMs(share: number | undefined, before: number | undefined, ms: number): number | undefined {
  if (share === undefined || before === undefined || share <= before) return undefined;
  return ((1 - share) / (share - before)) * ms;
}
