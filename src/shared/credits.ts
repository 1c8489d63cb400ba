/**
 * Limits how many leases are out at once, where outcomes arrive in about the order of the leases. A lease loses its credit when it
 * is overtaken, which means that a later lease has an outcome. Else one partition that does not answer would hold up all others,
 * because each lease has messages for it.
 */
export class Credits {
  /** Ids of the leases that hold a credit, in the order in which they took it. */
  readonly #held = new Set<number>();

  get taken(): number {
    return this.#held.size;
  }

  take(id: number): void {
    this.#held.add(id);
  }

  /** Frees the credits that were taken before that of `id`, because a message of `id` has an outcome and so has overtaken them. */
  moved(id: number): void {
    if (!this.#held.has(id)) return;
    for (const earlier of this.#held) {
      if (earlier === id) return;
      this.#held.delete(earlier);
    }
  }

  /** Frees the credit of `id`, because all of its messages have an outcome. */
  giveBack(id: number): void {
    this.#held.delete(id);
  }

  clear(): void {
    this.#held.clear();
  }
}
