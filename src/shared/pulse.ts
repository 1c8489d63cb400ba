/**
 * Whether a worker thread still comes back to its event loop. A hook that does not (an endless loop, a call that blocks) stops
 * its producer, and neither a timeout nor an error can come of it: only somebody outside can tell. It is told, and no more:
 * a thread may be held up by a disk that hangs, and a second one on the same spool would be worse.
 */

/** So many looks in a row must find nothing: those that the caller's own thread misses do not count. */
const LOOKS = 6;
/** Of a healthy thread, between two looks. */
const BEATS = 5;

export const newPulse = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** Beats for as long as the thread's event loop turns, for whoever finds `silentMs` without a beat too long. */
export function beat(pulse: SharedArrayBuffer, silentMs: number): void {
  const beats = new Int32Array(pulse);
  const once = () => void Atomics.add(beats, 0, 1);
  once();
  setInterval(once, silentMs / LOOKS / BEATS).unref();
}

export interface PulseListeners {
  /** It has not been back for so many ms. Once, until it is back. */
  stopped(ms: number): void;
  /** It is back after all. */
  back(): void;
}

/** Looks at a pulse from outside, without holding the process open. */
export class PulseWatch {
  readonly #beats: Int32Array;
  readonly #silentMs: number;
  readonly #listeners: PulseListeners;
  readonly #timer: NodeJS.Timeout;
  #last = 0;
  #silentLooks = 0;

  /** @param silentMs how long a thread may stay away, at least */
  constructor(pulse: SharedArrayBuffer, silentMs: number, listeners: PulseListeners) {
    this.#beats = new Int32Array(pulse);
    this.#silentMs = silentMs;
    this.#listeners = listeners;
    this.#timer = setInterval(() => this.#look(), silentMs / LOOKS).unref();
  }

  #look(): void {
    const beats = Atomics.load(this.#beats, 0);
    const isBack = beats !== this.#last;
    this.#last = beats;
    if (isBack) {
      if (this.#silentLooks >= LOOKS) this.#listeners.back();
      this.#silentLooks = 0;
    } else if (++this.#silentLooks === LOOKS) this.#listeners.stopped(this.#silentMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
