/** Marks the message that is being attempted, in shared memory that the caller's side reads after the worker has died. */

/** Positions in the shared memory: whether a message is being attempted, and its sequence number. */
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

  /** The sequence number of the message; undefined where none was being attempted. */
  get sequence(): number | undefined {
    return this.#words[WORDS.attempting] === 1 ? this.#words[WORDS.sequence] : undefined;
  }
}
