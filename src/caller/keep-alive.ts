/** Holds the process open while there is something to wait for, and only then. */

const FAR_AWAY_MS = 2 ** 31 - 1;

/** One timer that never matters by itself; whether it is referenced is what matters. */
export class KeepAlive {
  #timer: NodeJS.Timeout | undefined;

  hold(needed: boolean): void {
    if (!needed) this.#timer?.unref();
    else if (this.#timer) this.#timer.ref();
    else this.#timer = setInterval(() => {}, FAR_AWAY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
