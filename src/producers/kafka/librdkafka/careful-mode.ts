/**
 * Whether sets of one message are sent, so that a report of a refusal names its message. It is on for a while after a
 * refused set, and for longer each time when the next set is refused soon after it has ended.
 */

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

export class CarefulMode {
  readonly #now: () => number;
  #until = Number.NEGATIVE_INFINITY;
  #spanMs = FIRST_MS;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isOn(): boolean {
    return this.#now() < this.#until;
  }

  /** A set was refused, or a message in a set of its own. */
  refused(): void {
    const now = this.#now();
    if (now >= this.#until) this.#spanMs = now - this.#until < LONGEST_MS ? this.#longer : FIRST_MS;
    this.#until = now + this.#spanMs;
  }

  get #longer(): number {
    return Math.min(this.#spanMs * 2, LONGEST_MS);
  }
}
