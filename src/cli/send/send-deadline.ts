/** One timeout for all that `produce send` waits for: the connection, the deliveries and the end of the producer. */

/** Of the time, this much is kept for the end of the producer, at the most so many ms. */
const CLOSE_SHARE = 0.2;
const CLOSE_AT_MOST_MS = 1000;

export class SendDeadline {
  readonly #closeMs: number;
  readonly #now: () => number;
  #end: number;

  constructor(timeoutMs: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#end = now() + timeoutMs;
    this.#closeMs = Math.min(timeoutMs * CLOSE_SHARE, CLOSE_AT_MOST_MS);
  }

  /** What is left for connecting and delivering. */
  get flushMs(): number {
    return Math.max(0, this.#end - this.#closeMs - this.#now());
  }

  /** What is left for the end of the producer: its share, should everything before have taken too long. */
  get closeMs(): number {
    return Math.max(this.#closeMs, this.#end - this.#now());
  }

  /** Does what has its own deadlines, such as reading an input that goes on for hours; its time does not count. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#now();
    try {
      return await work();
    } finally {
      this.#end += this.#now() - began;
    }
  }
}
