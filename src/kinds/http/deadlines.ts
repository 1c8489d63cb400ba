/** Deadlines of one length for many requests, over one timer. A timer for each request would cost more than the rest of its bookkeeping. */

export interface Expiring {
  /** When its deadline is, by `performance.now()`. */
  endsAt: number;
  /** The deadline has passed. Called once. */
  expired(): void;
}

export class Deadlines {
  readonly #ms: number;
  /** In the order of their deadlines, because all have the same length. */
  readonly #open = new Set<Expiring>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  add(one: Expiring): void {
    one.endsAt = performance.now() + this.#ms;
    this.#open.add(one);
    if (this.#timer === undefined) this.#arm(this.#ms);
  }

  /** Has no effect on a request whose deadline has passed. */
  delete(one: Expiring): void {
    this.#open.delete(one);
  }

  /** The timer does not keep the process alive, which the sockets of the requests do. */
  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#check(), Math.max(1, Math.ceil(ms))).unref();
  }

  /** Expires what is due. The timer stays with the oldest request that is open, and ends when there is none. */
  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const one of this.#open) {
      if (one.endsAt > now) {
        this.#arm(one.endsAt - now);
        return;
      }
      this.#open.delete(one);
      one.expired();
    }
  }
}
