/** Limits the bytes that all requests together hold. */

export class Budget {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Returns the share of one request, which holds nothing yet. */
  share(): Share {
    let own = 0;
    return {
      take: (bytes) => {
        // A single request may always continue. Its body has a bound of its own, and so do its messages in flight.
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
  /** Takes bytes. Returns false, and takes none, when that exceeds the budget. */
  take(bytes: number): boolean;
  release(): void;
}
