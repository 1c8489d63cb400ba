/** Decides whether a text is new. A repeated text counts as new once a minute, and after an hour once an hour. */

import { Spacing } from './spacing.ts';

const RHYTHM = { firstMs: 60_000, longestMs: 60_000, calmMs: 3_600_000 };
/** Maximum number of known texts. They may hold figures that are never the same twice, so beyond this no text counts as new. */
const MOST_TEXTS = 30;
/** Times and counts, which are ignored where texts are compared. */
const FIGURES = /\d+(?= ?m?s\b| identical)/g;

export class News {
  readonly #now: () => number;
  readonly #texts = new Map<string, Spacing>();

  /** `now` returns the time in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether `text` is new and should be logged. From then on it is not. */
  is(text: string): boolean {
    const now = this.#now();
    const key = keyOf(text);
    const spacing = this.#texts.get(key) ?? this.#add(key, now);
    if (spacing === undefined || spacing.happens(now) > 0) return false;
    spacing.written(now);
    return true;
  }

  #add(key: string, now: number): Spacing | undefined {
    if (this.#texts.size >= MOST_TEXTS) this.#forgetOld(now);
    if (this.#texts.size >= MOST_TEXTS) return undefined;
    const spacing = new Spacing(RHYTHM);
    this.#texts.set(key, spacing);
    return spacing;
  }

  #forgetOld(now: number): void {
    for (const [text, spacing] of this.#texts) if (spacing.isForgotten(now)) this.#texts.delete(text);
  }

  /** Makes `text` count as new the next time. */
  forget(text: string): void {
    this.#texts.delete(keyOf(text));
  }
}

const keyOf = (text: string): string => text.replace(FIGURES, '#');
