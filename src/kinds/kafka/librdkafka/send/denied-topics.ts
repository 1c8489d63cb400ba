/** Topics that the broker has just refused to a transactional producer. Each is asked for again soon: access may be granted. */

/** What comes within this time, in ms, is refused with the same reason, and costs no transaction. */
const REMEMBERED_MS = 1000;
/** For so long, in ms, another refusal is expected. */
const EXPECTED_MS = 60_000;

interface Denial {
  readonly reason: Error;
  readonly since: number;
}

export class DeniedTopics {
  readonly #now: () => number;
  readonly #denials = new Map<string, Denial>();
  #last = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether messages of a topic are refused without asking the broker. */
  get isEmpty(): boolean {
    return this.#denials.size === 0;
  }

  /** Whether a transaction may well be refused because of its topics. */
  get areExpected(): boolean {
    return this.#now() - this.#last < EXPECTED_MS;
  }

  add(topic: string, reason: Error): void {
    this.#last = this.#now();
    this.#denials.set(topic, { reason, since: this.#last });
  }

  /** Why a message for this topic is not sent; undefined where the broker is to be asked. */
  reason(topic: string): Error | undefined {
    const denial = this.#denials.get(topic);
    if (denial === undefined || this.#now() - denial.since < REMEMBERED_MS) return denial?.reason;
    this.#denials.delete(topic);
    return undefined;
  }
}
