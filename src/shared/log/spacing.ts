/** When something that happens again and again has a line in the log: often at first, and seldom once it has lasted for an hour. */

/** Times from one line to the next, in ms. */
export interface Rhythm {
  /** After the first line. It doubles with each line that follows. */
  readonly firstMs: number;
  /** At most, in the first hour. */
  readonly longestMs: number;
  /** At most, after the first hour. */
  readonly calmMs: number;
}

const HOUR_MS = 3_600_000;
/** What has not happened for this time, in ms, begins anew. It is longer than most times between two lines. */
const FORGET_MS = 900_000;

export class Spacing {
  readonly #rhythm: Rhythm;
  #beganAt = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  #intervalMs = 0;

  constructor(rhythm: Rhythm) {
    this.#rhythm = rhythm;
  }

  /** Whether what happens at `now` begins anew. */
  isForgotten(now: number): boolean {
    return now - this.#lastAt > FORGET_MS;
  }

  /** It happens at `now`. Returns how long its line has to wait, in ms. */
  happens(now: number): number {
    if (this.isForgotten(now)) {
      this.#beganAt = now;
      this.#dueAt = now;
      this.#intervalMs = this.#rhythm.firstMs;
    }
    this.#lastAt = now;
    return Math.max(0, this.#dueAt - now);
  }

  /** A line is written at `now`. */
  written(now: number): void {
    const { longestMs, calmMs } = this.#rhythm;
    this.#dueAt = now + this.#intervalMs;
    this.#intervalMs = Math.min(this.#intervalMs * 2, now - this.#beganAt < HOUR_MS ? longestMs : calmMs);
  }
}
