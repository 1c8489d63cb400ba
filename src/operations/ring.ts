/** The last samples of several series, in memory that is allocated once. The oldest sample gives way to a new one. */

export class Ring {
  readonly #rows: Float64Array;
  readonly #width: number;
  readonly #capacity: number;
  /** Number of samples so far, those that gave way included. */
  #written = 0;

  constructor(width: number, capacity: number) {
    this.#rows = new Float64Array(width * capacity);
    this.#width = width;
    this.#capacity = capacity;
  }

  /** The place of the next sample, which the caller fills at once. */
  next(): Float64Array {
    const start = (this.#written++ % this.#capacity) * this.#width;
    return this.#rows.subarray(start, start + this.#width);
  }

  get length(): number {
    return Math.min(this.#written, this.#capacity);
  }

  /** Returns column `column` of the samples from `from` on, the oldest first. `from` counts from the oldest that is kept. */
  column(column: number, from: number): number[] {
    const first = this.#written - this.length;
    return Array.from({ length: Math.max(0, this.length - from) }, (_, index) => {
      const row = (first + from + index) % this.#capacity;
      return this.#rows[row * this.#width + column] as number;
    });
  }
}
