/**
 * How many bytes may be on their way to brokers that throttle this client: enough for pauses of about a second.
 *
 * A broker takes a request of any size, and then reads nothing more from the connection until the quota has caught up. What
 * was sent behind it waits there and would time out. So a new producer begins with little, and doubles it until a broker
 * throttles it or it is without a limit. One without a limit has the limit that its pause is for: what gathers meanwhile would
 * otherwise go in one request, and a quota that is small against it would ask for minutes.
 *
 * After a long pause a producer of transactions sends one message alone. A broker averages over some ten seconds, so it may ask for
 * another long pause whatever it is sent; of several requests each would wait for its own, and the last one longer than a transaction may take.
 *
 * (Whatever is sent counts: a producer that sends little must not keep a small limit, which a partition that does not answer
 * would soon fill.)
 *
 *     bytes  4 KiB ──×2 for each answer──> 1 MiB ──> no limit
 *               ^── in proportion to the pause ──┘◄── a pause of more than a second
 */

const FIRST_BYTES = 4096;
/** More on their way needs no limit: it is what the client sends in one request. */
const MOST_BYTES = 1024 * 1024;
const TARGET_MS = 1000;
const GROWTH = 2;
/** A quota of requests pauses for a second at most, whatever their size: larger ones get more through. */
const GROWTH_IN_PAUSE = 1.5;

export class Pace {
  readonly #oneFirst: boolean;
  #bytes = FIRST_BYTES;
  /** The limit when the last pause began, which is what the pause is for. */
  #before = FIRST_BYTES;
  #pauseEnds = 0;
  /** Counts what brokers have asked. */
  #asked = 0;
  /** Whether the limit has held something up since it grew. */
  #reached = false;
  /** After a long pause, until a request has been answered without one. */
  #alone = false;

  /** `oneFirst`: whether one message goes alone after a long pause. It holds up the others until it is answered. */
  constructor(oneFirst = false) {
    this.#oneFirst = oneFirst;
  }

  /** `Infinity` without a limit. One byte lets one message pass, of any size. */
  get bytes(): number {
    return this.#alone ? 1 : this.#bytes;
  }

  /** A broker asks to be sent nothing for `ms`, which without a limit is for `bytesOnTheWay`. */
  throttled(ms: number, bytesOnTheWay: number): void {
    const now = performance.now();
    const isNew = now >= this.#pauseEnds;
    const isOfOne = isNew && this.#alone;
    const isUnlimited = this.#bytes === Number.POSITIVE_INFINITY;
    this.#asked++;
    this.#pauseEnds = Math.max(this.#pauseEnds, now + ms);
    if (isNew) this.#before = isUnlimited ? between(bytesOnTheWay, FIRST_BYTES, MOST_BYTES) : this.#bytes;
    this.#alone = this.#oneFirst && (ms > TARGET_MS || (!isNew && this.#alone));
    if (isOfOne) return; // for what was sent before it
    if (ms > TARGET_MS || isUnlimited) this.#set((this.#before * TARGET_MS) / ms);
    else if (this.#reached) this.#set(this.#before * GROWTH_IN_PAUSE);
  }

  /** Something has to wait for its turn. */
  reached(): void {
    this.#reached = true;
  }

  /** Called when something is sent. Returns what to call when the brokers have taken it. */
  sent(): () => void {
    const asked = this.#asked;
    return () => {
      if (asked !== this.#asked) return;
      if (this.#alone) this.#alone = false;
      else this.#set(this.#bytes * GROWTH);
    };
  }

  #set(bytes: number): void {
    this.#bytes = bytes > MOST_BYTES ? Number.POSITIVE_INFINITY : Math.max(bytes, 1);
    this.#reached = false;
  }
}

const between = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
