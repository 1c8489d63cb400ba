/**
 * Remembers when messages were accepted, for messages whose memory was given back. The memory for it is bounded, so in a long outage the
 * times get coarser. A time may be too early, and then the age of a message is too high, but never too low.
 *
 *     sequence   -∞ … -1        0 … 812        813 … 1650      1651 …
 *     accepted   (recovered)    12 000 ms      13 000 ms       14 010 ms
 */

/** Minimum time in ms between two marks. It doubles when there are too many of them. */
const SPACING_MS = 1000;
/** Largest number of marks. An outage of a day has one in about four minutes. */
const MOST = 512;
/** With fewer marks than this, new ones may be close to each other again. */
const FEW = 128;

/** Messages from `sequence` on were accepted at `at` or later, in ms of the clock. */
interface Mark {
  readonly sequence: number;
  readonly at: number;
}

export class AcceptanceTimes {
  readonly #oldest: () => number | undefined;
  /** In the order of the sequence numbers. */
  #marks: Mark[] = [];
  #lastAt = -Infinity;
  #spacingMs = SPACING_MS;

  /** `oldest` returns the number of the oldest message that has not settled. Earlier times are forgotten. */
  constructor(oldest: () => number | undefined) {
    this.#oldest = oldest;
  }

  /** Messages from `sequence` on are accepted from now on. Called once in each turn of the event loop that accepts messages. */
  accepting(sequence: number, at: number): void {
    if (at - this.#lastAt < this.#spacingMs) return;
    this.#forgetSettled();
    if (this.#marks.length >= MOST) this.#thinOut();
    this.#marks.push({ sequence, at });
    this.#lastAt = at;
  }

  /** The spool held messages of an earlier run. When they were accepted is not known, so their age counts from now on. */
  recovered(at: number): void {
    this.#marks.unshift({ sequence: -Infinity, at });
  }

  /** Returns when message `sequence` was accepted, in ms of the clock, to the precision of the marks. */
  of(sequence: number): number | undefined {
    return this.#marks.findLast((mark) => mark.sequence <= sequence)?.at;
  }

  #forgetSettled(): void {
    const oldest = this.#oldest() ?? Infinity;
    const needed = this.#marks.findLastIndex((mark) => mark.sequence <= oldest);
    if (needed > 0) this.#marks.splice(0, needed);
    if (this.#marks.length < FEW) this.#spacingMs = SPACING_MS;
  }

  /** Forgets every second mark. The first one stays, because the age of the oldest message is what counts. */
  #thinOut(): void {
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#spacingMs *= 2;
  }
}
