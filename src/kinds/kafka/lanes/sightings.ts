/** Since when topics are missing. It outlives clients: a reset must not begin a topic's grace anew. */

/** Names may come out of messages: of so many the oldest is forgotten. */
const MOST = 10_000;

export class Sightings {
  readonly #missingSince = new Map<string, number>();

  /** The topic is there. */
  seen(topic: string): void {
    this.#missingSince.delete(topic);
  }

  /** When it was first found missing since it was last seen; that is now, where it was not. */
  missingSince(topic: string, now: number): number {
    const since = this.#missingSince.get(topic) ?? now;
    if (this.#missingSince.size >= MOST) this.#missingSince.delete(this.#missingSince.keys().next().value as string);
    this.#missingSince.set(topic, since);
    return since;
  }
}
