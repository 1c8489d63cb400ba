/** Tells news from what has been said a moment ago: the same text is news once a minute, and after an hour once an hour. */

import { Spacing } from './spacing.ts';

const RHYTHM = { firstMs: 60_000, longestMs: 60_000, calmMs: 3_600_000 };
/** Texts may hold figures that are never the same twice: with this many known, another one is no news. */
const MOST_TEXTS = 30;
/** Times and counts, with which the same text would be another one each time. */
const FIGURES = /\d+(?= ?m?s\b| identical)/g;

export class News {
  readonly #now: () => number;
  readonly #texts = new Map<string, Spacing>();

  /** `now` in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether `text` is to be said; from then on it is no news. */
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

  /** The next time it is news again. */
  forget(text: string): void {
    this.#texts.delete(keyOf(text));
  }
}

const keyOf = (text: string): string => text.replace(FIGURES, '#');
