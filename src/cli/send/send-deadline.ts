/** One timeout for everything that `produce send` waits for: the connection, the deliveries and the producer's shutdown. */

/** Share of the time that is reserved for the producer's shutdown, with a maximum in ms. */
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

  /** Time, in ms, that is left for connecting and delivering. */
  get flushMs(): number {
    return Math.max(0, this.#end - this.#closeMs - this.#now());
  }

  /** Time, in ms, that is left for the producer's shutdown, at least its reserved share. */
  get closeMs(): number {
    return Math.max(this.#closeMs, this.#end - this.#now());
  }

  /** Leaves only the time that is reserved for the producer's shutdown. */
  expire(): void {
    this.#end = this.#now() + this.#closeMs;
  }

  /** Runs work with deadlines of its own, such as reading an input for hours, without counting its time. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#now();
    try {
      return await work();
    } finally {
      this.#end += this.#now() - began;
    }
  }
}
