/**
 * Detects a worker thread that does not come back to its event loop, as in an endless loop or a call that blocks. Such a hook stops
 * its producer without a timeout or an error, so only another thread can detect it. The watch reports the silence and does not end
 * the thread. A disk that hangs may hold the thread up, and a second thread on the same spool would be worse.
 */

/** This many probes in a row must see no beat. Probes that the caller's own busy thread misses do not count. */
const CHECKS = 6;
/** Number of beats of a healthy thread between two probes. */
const BEATS = 5;

export const newPulse = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** Counts up for as long as this thread's event loop turns. `silentMs` is the silence that the watching thread reports. */
export function beat(pulse: SharedArrayBuffer, silentMs: number): void {
  const beats = new Int32Array(pulse);
  const once = () => void Atomics.add(beats, 0, 1);
  once();
  setInterval(once, silentMs / CHECKS / BEATS).unref();
}

export interface PulseListeners {
  /** The thread has not returned to its event loop for `ms`. Called once for each silence. */
  stopped(ms: number): void;
  /** The thread has returned to its event loop after all. */
  back(): void;
}

/** Probes a pulse from another thread, without holding the process open. */
export class PulseWatch {
  readonly #beats: Int32Array;
  readonly #silentMs: number;
  readonly #listeners: PulseListeners;
  readonly #timer: NodeJS.Timeout;
  #last = 0;
  #silentChecks = 0;

  /** @param silentMs minimum silence in ms that is reported */
  constructor(pulse: SharedArrayBuffer, silentMs: number, listeners: PulseListeners) {
    this.#beats = new Int32Array(pulse);
    this.#silentMs = silentMs;
    this.#listeners = listeners;
    this.#timer = setInterval(() => this.#check(), silentMs / CHECKS).unref();
  }

  #check(): void {
    const beats = Atomics.load(this.#beats, 0);
    const isBack = beats !== this.#last;
    this.#last = beats;
    if (isBack) {
      if (this.#silentChecks >= CHECKS) this.#listeners.back();
      this.#silentChecks = 0;
    } else if (++this.#silentChecks === CHECKS) this.#listeners.stopped(this.#silentMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
