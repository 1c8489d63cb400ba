/** Holds dead letters that the target refuses although it takes others. They wait apart, and return together after a pause. */

import type { Clock } from '../../shared/util/clock.ts';
import { GrowingPause } from './growing-pause.ts';

export class HeldBack<T> {
  readonly #pause: GrowingPause;
  readonly #back: (entries: readonly T[]) => void;
  #entries: T[] = [];

  /** `back` gets all held entries when the pause is over. */
  constructor(clock: Clock, back: (entries: readonly T[]) => void) {
    this.#pause = new GrowingPause(clock);
    this.#back = back;
  }

  get entries(): readonly T[] {
    return this.#entries;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length === 1) void this.#wait();
  }

  async #wait(): Promise<void> {
    await this.#pause.wait();
    this.#back(this.#entries.splice(0));
  }

  /** The target has taken this entry. */
  taken(entry: T): void {
    this.#pause.reset();
    this.#entries = this.#entries.filter((one) => one !== entry);
  }

  wake(): void {
    this.#pause.wake();
  }
}
