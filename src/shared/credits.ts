/**
 * Bounds how much is given out at once, to what comes back in about the order in which it went. What is overtaken holds
 * no credit any more: one partition that does not answer would hold up all others with what it has of each lease.
 */
export class Credits {
  /** In the order in which they were taken. */
  readonly #held = new Set<number>();

  /** Credits that are taken. */
  get taken(): number {
    return this.#held.size;
  }

  take(id: number): void {
    this.#held.add(id);
  }

  /** Something of it has come back: what was taken before it has been overtaken. */
  moved(id: number): void {
    if (!this.#held.has(id)) return;
    for (const earlier of this.#held) {
      if (earlier === id) return;
      this.#held.delete(earlier);
    }
  }

  /** All of it has come back. */
  giveBack(id: number): void {
    this.#held.delete(id);
  }

  clear(): void {
    this.#held.clear();
  }
}
