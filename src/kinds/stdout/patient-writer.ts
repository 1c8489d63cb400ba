/** Writes as fast as the reader reads. No write blocks: when the reader is behind, it is retried after 1 to 20 ms (EAGAIN). */

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { asError, OutputClosedError } from '../../shared/errors.ts';

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
const LF = 0x0a;

/** Progress of a write. It ends before the last byte when its signal was aborted, or because of `error`. */
export interface Written {
  readonly bytes: number;
  readonly error?: Error;
}

export class PatientWriter {
  /** Size of the ledger, in bytes. */
  static readonly BYTES = Int32Array.BYTES_PER_ELEMENT;
  readonly #fd: number;
  readonly #ledger: Int32Array;

  /** `ledger`: shared memory from which the next worker learns whether this one died in the middle of a line. */
  constructor(fd: number, ledger: SharedArrayBuffer) {
    this.#fd = fd;
    this.#ledger = new Int32Array(ledger);
  }

  /** Whether a part of a line was written without its end. */
  get isInLine(): boolean {
    return this.#ledger[0] === 1;
  }

  async write(bytes: Uint8Array, signal: AbortSignal): Promise<Written> {
    let done = 0;
    let pauseMs = SHORTEST_PAUSE_MS;
    try {
      while (done < bytes.length && !signal.aborted) {
        const taken = this.#take(bytes, done);
        done += taken;
        pauseMs = taken > 0 ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        if (taken === 0) await pause(pauseMs, signal);
      }
      return { bytes: done };
    } catch (error) {
      return { bytes: done, error: asError(error) };
    }
  }

  #take(bytes: Uint8Array, from: number): number {
    try {
      const taken = fs.writeSync(this.#fd, bytes, from, bytes.length - from);
      if (taken > 0) this.#ledger[0] = bytes[from + taken - 1] === LF ? 0 : 1;
      return taken;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return 0;
      if (code !== 'EPIPE' && code !== 'EBADF') throw error;
      throw new OutputClosedError(`the reader of the output has closed it (${code})`, { cause: error });
    }
  }
}

/** Waits. An abort only ends the pause early, because the caller checks the signal next. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
