/** Numbers that look random and come again with the same seed. */

export class Random {
  #state: number;

  /** Each part of the seed makes another sequence. */
  constructor(...seed: readonly number[]) {
    this.#state = seed.reduce((state, part) => mix(state ^ part), 0x9e3779b9);
  }

  /** 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mix(this.#state) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.whole(0, left.length - 1), 1)[0] as T);
  }
}

/** Spreads every bit over all others (the finalizer of MurmurHash3). */
function mix(state: number): number {
  let h = state | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
