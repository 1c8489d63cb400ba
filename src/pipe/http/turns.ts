/** Shares the thread between requests whose bodies take long to read: the loop and the other requests get their turns. */

/** How long the thread works on bodies before anything else gets a turn, in ms. */
const TURN_MS = 10;

export class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #now: () => number;
  #end = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether a request that works is to let others go on. Begins a turn where there is none. */
  isOver(): boolean {
    if (this.#scheduled !== undefined) return this.#now() >= this.#end;
    this.#begin();
    return false;
  }

  /** Resolves in the next turn; of those that wait one gets each turn, in order. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next turn comes when the event loop has been round. */
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
