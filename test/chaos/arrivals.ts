/** What the consumer has found. */

export class Arrivals {
  /** How often each message has come. */
  readonly times = new Map<number, number>();
  /** The last first arrival of each key. */
  readonly #latest = new Map<string, number>();
  /** Messages that came first behind a later one of their key. */
  readonly overtaken: { readonly id: number; readonly by: number }[] = [];
  /** Messages that nobody has sent. */
  strange = 0;
  /** The broker forgot something before it was read: nothing can be said of this run. */
  gaps: string[] = [];

  take(line: string): void {
    const [word, partition, key = '', id = ''] = line.split(' ');
    if (word === 'gap') this.gaps.push(`partition ${partition}: from ${key} to ${id}`);
    else if (word === 'got' && id === 'strange') this.strange++;
    else if (word === 'got') this.#got(key, Number(id));
  }

  #got(key: string, id: number): void {
    const times = (this.times.get(id) ?? 0) + 1;
    this.times.set(id, times);
    if (times > 1) return;
    const by = this.#latest.get(key) ?? -1;
    if (id < by) this.overtaken.push({ id, by });
    else this.#latest.set(key, id);
  }
}
