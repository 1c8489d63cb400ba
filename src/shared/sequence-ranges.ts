/** Sets of sequence numbers as runs. Messages are handled in order, so a million of them are mostly one pair of numbers. */

/** Consecutive sequence numbers: the first and the last. */
export type NumberRun = readonly [first: number, last: number];

export const runFrom = (first: number, count: number): NumberRun => [first, first + count - 1];

export const countOf = (runs: Iterable<NumberRun>): number => {
  let count = 0;
  for (const [first, last] of runs) count += last - first + 1;
  return count;
};

/** Groups ascending numbers into runs. */
export function runsOf(numbers: readonly number[]): NumberRun[] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === number) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** A set of numbers as ascending runs without overlaps. Adjacent runs are joined. */
export class NumberRuns {
  readonly #runs: [number, number][] = [];

  constructor(runs: Iterable<NumberRun> = []) {
    for (const run of runs) this.add(run);
  }

  get all(): readonly NumberRun[] {
    return this.#runs;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  get first(): number | undefined {
    return this.#runs[0]?.[0];
  }

  get last(): number | undefined {
    return this.#runs.at(-1)?.[1];
  }

  get count(): number {
    return countOf(this.#runs);
  }

  has(number: number): boolean {
    const run = this.#runs[this.#at(number)];
    return run !== undefined && run[0] <= number;
  }

  add([first, last]: NumberRun): void {
    const begin = this.#at(first - 1); // a run that ends right before joins
    let end = begin;
    let [low, high] = [first, last];
    for (let run = this.#runs[end]; run !== undefined && run[0] <= last + 1; run = this.#runs[++end]) {
      low = Math.min(low, run[0]);
      high = Math.max(high, run[1]);
    }
    this.#runs.splice(begin, end - begin, [low, high]);
  }

  /** Removes the numbers of a run and returns how many of them the set had. */
  delete([first, last]: NumberRun): number {
    const begin = this.#at(first);
    const left: [number, number][] = [];
    let end = begin;
    let deleted = 0;
    for (let run = this.#runs[end]; run !== undefined && run[0] <= last; run = this.#runs[++end]) {
      deleted += Math.min(run[1], last) - Math.max(run[0], first) + 1;
      if (run[0] < first) left.push([run[0], first - 1]);
      if (run[1] > last) left.push([last + 1, run[1]]);
    }
    this.#runs.splice(begin, end - begin, ...left);
    return deleted;
  }

  /** The index of the first run that ends at `number` or after it. */
  #at(number: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle] as NumberRun)[1] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
