/** Access to the shared counters of a spool, in memory that both sides see and that outlives the worker. */

import { SPOOL_BYTES, SPOOL_WORDS } from './protocol.ts';

export class SpoolWords {
  readonly shared: SharedArrayBuffer;
  readonly #words: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(SPOOL_BYTES)) {
    this.shared = shared;
    this.#words = new Float64Array(shared);
  }

  /** The number of this run's message 0 in the spool's files. In memory it is stored plus 1, because 0 means that it is not known. */
  get base(): number {
    return (this.#words[SPOOL_WORDS.base] as number) - 1;
  }

  set base(value: number) {
    this.#words[SPOOL_WORDS.base] = value + 1;
  }

  get isOpen(): boolean {
    return this.#words[SPOOL_WORDS.base] !== 0;
  }

  /** Every message below this sequence number has been written. */
  get written(): number {
    return this.#words[SPOOL_WORDS.written] as number;
  }

  set written(value: number) {
    this.#words[SPOOL_WORDS.written] = value;
  }

  /** Every message below this sequence number has been synced, so it survives a crash of the machine. */
  get synced(): number {
    return this.#words[SPOOL_WORDS.synced] as number;
  }

  set synced(value: number) {
    this.#words[SPOOL_WORDS.synced] = value;
  }

  get isSealed(): boolean {
    return this.#words[SPOOL_WORDS.sealed] !== 0;
  }

  /** Forbids further writes to a worker that has not ended in time. Messages not written by then count as undelivered. */
  seal(): void {
    this.#words[SPOOL_WORDS.sealed] = 1;
  }
}
