/** When topics were last seen. It outlives clients: a reset must not begin a topic's grace anew. */

/** Names may come out of messages: of so many the oldest is forgotten. */
const MOST = 10_000;

export class Sightings {
  readonly #since = new Map<string, number>();

  /** The topic is there. */
  seen(topic: string, now: number): void {
    this.#since.delete(topic);
    if (this.#since.size >= MOST) this.#since.delete(this.#since.keys().next().value as string);
    this.#since.set(topic, now);
  }

  /** Since when it has been missing: since it was last seen, or since it was first looked for. */
  missingSince(topic: string, now: number): number {
    if (!this.#since.has(topic)) this.seen(topic, now);
    return this.#since.get(topic) as number;
  }
}
