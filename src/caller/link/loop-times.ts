/** How busy the event loops of a producer's worker threads are, one thread after the other. */

/** Times of event loops in ms, which only grow. Their differences between two readings give the share that was busy. */
export interface LoopTimes {
  readonly activeMs: number;
  readonly idleMs: number;
}

const NONE: LoopTimes = { activeMs: 0, idleMs: 0 };

export class LoopTimesOfAll {
  /** Of threads that have been replaced. */
  #before = NONE;
  /** Of the current thread, when they were last read. */
  #current = NONE;

  /** Another thread begins. */
  begin(): void {
    this.#before = sum(this.#before, this.#current);
    this.#current = NONE;
  }

  /** Returns the times, with those of the current thread, which are undefined or 0 when it has ended. */
  with(now: LoopTimes = NONE): LoopTimes {
    const { activeMs, idleMs } = this.#current;
    this.#current = { activeMs: Math.max(activeMs, now.activeMs), idleMs: Math.max(idleMs, now.idleMs) };
    return sum(this.#before, this.#current);
  }
}

const sum = (one: LoopTimes, other: LoopTimes): LoopTimes => ({
  activeMs: one.activeMs + other.activeMs,
  idleMs: one.idleMs + other.idleMs,
});
