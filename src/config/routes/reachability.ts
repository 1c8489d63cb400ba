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

  /** Returns the names from `from` to `to`, both included; undefined where there is no path. Looks at each producer once. */
  path(from: string, to: string): string[] | undefined {
    const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
    // A Map is walked in the order of insertion, entries that are added meanwhile included.
    for (const name of cameFrom.keys()) {
      if (name === to) return wayTo(name, cameFrom);
      for (const next of this.next(name)) if (!cameFrom.has(next)) cameFrom.set(next, name);
    }
    return undefined;
  }
}

function wayTo(last: string, cameFrom: ReadonlyMap<string, string | undefined>): string[] {
  const way: string[] = [];
  for (let name: string | undefined = last; name !== undefined; name = cameFrom.get(name)) way.push(name);
  return way.reverse();
}
