/** Decides when an event that repeats gets a line in the log: often at first, and seldom once it has lasted for an hour. */

export interface Rhythm {
  /** After the first line, in ms. It doubles with each line that follows. */
  readonly firstMs: number;
  /** Maximum in the first hour, in ms. */
  readonly longestMs: number;
  /** Maximum after the first hour, in ms. */
  readonly calmMs: number;
}

const HOUR_MS = 3_600_000;
/** An event that has not happened for this time, in ms, begins anew. It is longer than most times between two lines. */
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

  /** Whether an event at `now` begins anew. */
  isForgotten(now: number): boolean {
    return now - this.#lastAt > FORGET_MS;
  }

  /** Records an event at `now`. Returns how long its line has to wait, in ms. */
  happens(now: number): number {
    if (this.isForgotten(now)) {
      this.#beganAt = now;
      this.#dueAt = now;
      this.#intervalMs = this.#rhythm.firstMs;
    }
    this.#lastAt = now;
    return Math.max(0, this.#dueAt - now);
  }

  written(now: number): void {
    const { longestMs, calmMs } = this.#rhythm;
    this.#dueAt = now + this.#intervalMs;
    this.#intervalMs = Math.min(this.#intervalMs * 2, now - this.#beganAt < HOUR_MS ? longestMs : calmMs);
  }
}
