/** Tells news from what has been said a moment ago. */

/** For so long the same text is no news. */
const NEWS_AFTER_MS = 60_000;
/** Texts may hold figures that are never the same twice. */
const MOST_TEXTS = 100;

export class News {
  readonly #now: () => number;
  readonly #lastSaid = new Map<string, number>();

  /** `now` in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether `text` is to be said; from then on it is no news. */
  is(text: string): boolean {
    const now = this.#now();
    if (now - (this.#lastSaid.get(text) ?? Number.NEGATIVE_INFINITY) < NEWS_AFTER_MS) return false;
    if (this.#lastSaid.size >= MOST_TEXTS) this.#lastSaid.clear();
    this.#lastSaid.set(text, now);
    return true;
  }

  /** The next time it is news again. */
  forget(text: string): void {
    this.#lastSaid.delete(text);
  }
}
