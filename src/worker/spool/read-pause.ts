/** Pauses reading after the system has refused a read. The pause doubles with each refusal in a row, from 1 s up to 30 s. */

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

export class ReadPause {
  #timer: NodeJS.Timeout | undefined;
  #refused = 0;

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins a pause, and calls `then` when it is over. */
  begin(then: () => void): void {
    const ms = Math.min(FIRST_MS * 2 ** this.#refused++, LONGEST_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      then();
    }, ms).unref();
  }

  /** Resets the pause to its first length after a read that succeeded. */
  passed(): void {
    this.#refused = 0;
  }

  /** Ends the pause without calling `then`. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
