/** Bytes that all requests together may hold. */

export class Budget {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** What one request holds: nothing yet. */
  share(): Share {
    let own = 0;
    return {
      take: (bytes) => {
        // One alone may always go on: its body has a bound of its own, and so has what is on the way of it.
        if (this.#held > own && this.#held + bytes > this.#most) return false;
        own += bytes;
        this.#held += bytes;
        return true;
      },
      release: () => {
        this.#held -= own;
        own = 0;
      },
    };
  }
}

export interface Share {
  /** Returns false, and takes nothing, when that is too much. */
  take(bytes: number): boolean;
  /** Gives back everything. */
  release(): void;
}
