/** Topics that the broker has just refused to a transactional producer. It is soon asked again, as access may be granted. */

/** Messages within this time in ms are refused with the same reason, which costs no transaction. */
const REMEMBERED_MS = 1000;
/** Time in ms in which another refusal is expected. */
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

  /** Whether no topic is remembered as refused, so that no message is refused without asking the broker. */
  get isEmpty(): boolean {
    return this.#denials.size === 0;
  }

  /** Whether a transaction is likely to be refused because of its topics. */
  get areExpected(): boolean {
    return this.#now() - this.#last < EXPECTED_MS;
  }

  add(topic: string, reason: Error): void {
    this.#last = this.#now();
    this.#denials.set(topic, { reason, since: this.#last });
  }

  /** The reason to refuse a message for this topic; undefined where the broker must be asked. */
  reason(topic: string): Error | undefined {
    const denial = this.#denials.get(topic);
    if (denial === undefined || this.#now() - denial.since < REMEMBERED_MS) return denial?.reason;
    this.#denials.delete(topic);
    return undefined;
  }
}
