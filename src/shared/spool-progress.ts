/** Access to the shared counters of a spool, in memory that both sides see and that outlives the worker. */

/** Positions of the counters. All are 0 at first. */
const WORDS = { base: 0, written: 1, synced: 2, sealed: 3, bytes: 4 } as const;
const BYTES = 5 * Float64Array.BYTES_PER_ELEMENT;

export class SpoolWords {
  readonly shared: SharedArrayBuffer;
  readonly #words: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.shared = shared;
    this.#words = new Float64Array(shared);
  }

  /** The number of this run's message 0 in the spool's files. In memory it is stored plus 1, because 0 means that it is not known. */
  get base(): number {
    return (this.#words[WORDS.base] as number) - 1;
  }

  set base(value: number) {
    this.#words[WORDS.base] = value + 1;
  }

  get isOpen(): boolean {
    return this.#words[WORDS.base] !== 0;
  }

  /** Every message below this sequence number has been written. */
  get written(): number {
    return this.#words[WORDS.written] as number;
  }

  set written(value: number) {
    this.#words[WORDS.written] = value;
  }

  /** Every message below this sequence number has been synced, so it survives a crash of the machine. */
  get synced(): number {
    return this.#words[WORDS.synced] as number;
  }

  set synced(value: number) {
    this.#words[WORDS.synced] = value;
  }

  /** Size of the spool on disk in bytes, without the settlement log; 0 until the spool is open. */
  get bytes(): number {
    return this.#words[WORDS.bytes] as number;
  }

  set bytes(value: number) {
    this.#words[WORDS.bytes] = value;
  }

  /** Whether the caller's side has taken its final counts. The worker must not write anything more. */
  get isSealed(): boolean {
    return this.#words[WORDS.sealed] !== 0;
  }

  /** Forbids further writes to a worker that has not ended in time. Messages not written by then count as undelivered. */
  seal(): void {
    this.#words[WORDS.sealed] = 1;
  }
}
