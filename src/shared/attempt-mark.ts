/** Which message is being attempted, in memory that is read after the worker has died. */

/** Whether there is one, and its number. */
const WORDS = { attempting: 0, sequence: 1 } as const;
const BYTES = 2 * Float64Array.BYTES_PER_ELEMENT;

export class AttemptMark {
  readonly shared: SharedArrayBuffer;
  readonly #words: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.shared = shared;
    this.#words = new Float64Array(shared);
  }

  begin(sequence: number): void {
    this.#words[WORDS.sequence] = sequence;
    this.#words[WORDS.attempting] = 1;
  }

  end(): void {
    this.#words[WORDS.attempting] = 0;
  }

  /** The message's number; undefined where none was being attempted. */
  get sequence(): number | undefined {
    return this.#words[WORDS.attempting] === 1 ? this.#words[WORDS.sequence] : undefined;
  }
}
