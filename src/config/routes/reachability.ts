/** Records which producers pass messages to which, and finds the producers that can be reached that way. */

export class Reach {
  readonly #next = new Map<string, Set<string>>();

  add(from: string, to: string): void {
    const next = this.#next.get(from) ?? new Set();
    this.#next.set(from, next.add(to));
  }

  /** Returns the producers to which `from` passes messages. */
  next(from: string): ReadonlySet<string> {
    return this.#next.get(from) ?? new Set();
  }

  /** Returns the producers that pass messages to `to`. */
  before(to: string): string[] {
    return [...this.#next].filter(([, next]) => next.has(to)).map(([from]) => from);
  }

  /** Returns the names from `from` to `to`, both included; undefined where there is no path. */
  path(from: string, to: string, passed: ReadonlySet<string> = new Set()): string[] | undefined {
    if (from === to) return [from];
    if (passed.has(from)) return undefined;
    const before = new Set(passed).add(from);
    for (const next of this.next(from)) {
      const rest = this.path(next, to, before);
      if (rest !== undefined) return [from, ...rest];
    }
    return undefined;
  }
}
