/** The samples of the last ten minutes that the page has so far. Each answer of `/history` adds to them. */

const MOST = 600;

export class Samples {
  times = [];
  #producers = {};

  /** When the newest sample was taken, in ms since 1970; 0 without any. */
  get last() {
    return this.times.at(-1) ?? 0;
  }

  of(producer) {
    return this.#producers[producer];
  }

  add({ times, producers }) {
    this.times = joined(this.times, times);
    for (const [name, columns] of Object.entries(producers)) {
      this.#producers[name] ??= {};
      const own = this.#producers[name];
      for (const [series, values] of Object.entries(columns)) own[series] = joined(own[series] ?? [], values);
    }
  }
}

const joined = (old, more) => [...old, ...more].slice(-MOST);
