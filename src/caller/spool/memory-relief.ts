/**
 * Decides when messages that are on disk give their memory back, to be read again when their turn comes. That costs the
 * worker a third of its time, so it is not done while deliveries make room anyway.
 */

import type { ToWorker } from '../../shared/protocol.ts';

/** From the high-water mark to full, this far is close: whoever heeds the mark has stopped by then. */
const CLOSE = 0.5;
/** And where the mark leaves no room behind it. */
const CLOSE_AT_MOST = 0.95;

export interface ReliefContext {
  /** Whether the broker takes messages, for all that is known. */
  isConnected(): boolean;
  /** How full the memory is: 0 is empty, 1 full. */
  fullness(): number;
  readonly highWaterMark: number;
  /** So many ranges may wait with the loop; where there are none, nothing is to wait in memory. */
  readonly directRanges: number;
  post(message: ToWorker): void;
}

export class Relief {
  readonly #context: ReliefContext;
  readonly #closeToFull: number;

  constructor(context: ReliefContext) {
    this.#context = context;
    const { highWaterMark } = context;
    this.#closeToFull = Math.min(CLOSE_AT_MOST, highWaterMark + (1 - highWaterMark) * CLOSE);
  }

  /** The worker has more, or the broker has gone. */
  consider(): void {
    const { isConnected, fullness, directRanges } = this.#context;
    if (directRanges === 0 || !isConnected() || fullness() >= this.#closeToFull) this.now();
  }

  now(): void {
    this.#context.post({ type: 'makeRoom' });
  }
}
