/**
 * Limits how many bytes may be on their way to brokers that throttle this client, so that pauses take about a second.
 *
 *     bytes  4 KiB ──×2 for each answer──> 1 MiB ──> no limit
 *               ^── in proportion to the pause ──┘◄── a pause of more than a second
 *
 * A broker accepts a request of any size, and then reads nothing more from the connection until the quota has caught up.
 * Requests sent behind it wait there and would time out. So a new producer begins with 4 KiB, and doubles that until a broker
 * throttles it or it has no limit.
 *
 * If a producer without a limit is throttled, its new limit follows from the bytes that were on their way. Otherwise the
 * messages that gather during the pause would go in one request. A broker with a small quota would then ask for a pause of
 * minutes.
 *
 * After a long pause a producer of transactions sends one message alone. A broker averages over about ten seconds, so it may
 * ask for another long pause, whatever it is sent. Of several requests each would wait for its own pause, and the last one
 * longer than a transaction may take.
 *
 * Every message that is sent counts for the growth, so a producer that sends little does not keep a small limit. A partition
 * that does not answer would soon fill a small limit.
 */

const FIRST_BYTES = 4096;
/** More bytes on their way need no limit, because the client sends this much in one request. */
const MOST_BYTES = 1024 * 1024;
const TARGET_MS = 1000;
const GROWTH = 2;
/** Growth during short pauses. A quota of requests pauses for a second at most, so larger requests carry more. */
const GROWTH_IN_PAUSE = 1.5;

export class Pace {
  readonly #oneFirst: boolean;
  #bytes = FIRST_BYTES;
  /** The limit when the last pause began, which caused that pause. */
  #before = FIRST_BYTES;
  #pauseEnds = 0;
  /** Counts the pauses that brokers have asked for. */
  #asked = 0;
  /** Whether the limit has held something up since it grew. */
  #reached = false;
  /** Whether one message must go alone: after a long pause, until a request has been answered without another pause. */
  #alone = false;

  /** `oneFirst`: whether one message goes alone after a long pause. It holds up the others until it is answered. */
  constructor(oneFirst = false) {
    this.#oneFirst = oneFirst;
  }

  /** The limit in bytes, `Infinity` without one. A limit of one byte lets one message of any size pass. */
  get bytes(): number {
    return this.#alone ? 1 : this.#bytes;
  }

  /** Notes that a broker asks to be sent nothing for `ms`. Without a limit, the pause counts as caused by `bytesOnTheWay`. */
  throttled(ms: number, bytesOnTheWay: number): void {
    const now = performance.now();
    const isNew = now >= this.#pauseEnds;
    const isOfOne = isNew && this.#alone;
    const isUnlimited = this.#bytes === Number.POSITIVE_INFINITY;
    this.#asked++;
    this.#pauseEnds = Math.max(this.#pauseEnds, now + ms);
    if (isNew) this.#before = isUnlimited ? between(bytesOnTheWay, FIRST_BYTES, MOST_BYTES) : this.#bytes;
    this.#alone = this.#oneFirst && (ms > TARGET_MS || (!isNew && this.#alone));
    if (isOfOne) return; // the pause is for what was sent before that message
    if (ms > TARGET_MS || isUnlimited) this.#set((this.#before * TARGET_MS) / ms);
    else if (this.#reached) this.#set(this.#before * GROWTH_IN_PAUSE);
  }

  /** Notes that something must wait for its turn. */
  reached(): void {
    this.#reached = true;
  }

  /** Notes that something is sent. Returns a function to call when the brokers have accepted it. */
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
