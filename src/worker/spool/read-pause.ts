/** Holds reading up after the system has refused it: longer each time in a row, as far as half a minute. */

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

export class ReadPause {
  #timer: NodeJS.Timeout | undefined;
  #refused = 0;

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls `then` when it is over. */
  begin(then: () => void): void {
    const ms = Math.min(FIRST_MS * 2 ** this.#refused++, LONGEST_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      then();
    }, ms).unref();
  }

  /** The system has read: the next pause is a short one again. */
  passed(): void {
    this.#refused = 0;
  }

  /** Ends it, and nothing is called. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
