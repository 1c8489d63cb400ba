/** Keeps the process alive while messages are pending, and only then. */

const FAR_AWAY_MS = 2 ** 31 - 1;

/** Holds one timer whose callback does nothing. Only its reference matters, because Node waits for referenced timers. */
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
