/** Remembers since when topics are missing. It outlives clients, because a reset must not restart a topic's grace period. */

/** Maximum number of topics. Names may come out of messages, so beyond this number the oldest is forgotten. */
const MOST = 10_000;

export class Sightings {
  readonly #missingSince = new Map<string, number>();

  seen(topic: string): void {
    this.#missingSince.delete(topic);
  }

  /** Returns when the topic was first found missing after it last existed; `now` if it was not missing until now. */
  missingSince(topic: string, now: number): number {
    const since = this.#missingSince.get(topic) ?? now;
    if (this.#missingSince.size >= MOST) this.#missingSince.delete(this.#missingSince.keys().next().value as string);
    this.#missingSince.set(topic, since);
    return since;
  }
}
