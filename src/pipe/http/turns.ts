/** Shares the thread between requests with large bodies, so that the event loop and the other requests get their turns. */

/** Time, in ms, for which the thread works on bodies before the event loop gets a turn. */
const TURN_MS = 10;

export class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #now: () => number;
  #end = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the working request must yield. Begins a turn when there is none. */
  isOver(): boolean {
    if (this.#scheduled !== undefined) return this.#now() >= this.#end;
    this.#begin();
    return false;
  }

  /** Resolves in a later turn. Each turn goes to one waiting request, in order. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Begins a turn. The next one begins after one pass of the event loop. */
  #begin(): void {
    this.#end = this.#now() + TURN_MS;
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#begin();
      next();
    });
  }
}
