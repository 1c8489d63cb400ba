/** Messages that are pending and on disk alone: known by number, until the worker says what became of them. */

import type { Poison } from '../../shared/protocol.ts';
import { countOf, type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';

export class Spilled {
  readonly #runs = new NumberRuns();
  /** Of them: what is on its way to whoever takes dead letters, and what is to go there. */
  readonly #condemned = new Set<number>();
  readonly #poison = new Map<number, Poison>();

  /** Counted run by run. */
  get count(): number {
    return this.#runs.count;
  }

  /** The oldest. */
  get first(): number | undefined {
    return this.#runs.first;
  }

  get last(): number | undefined {
    return this.#runs.last;
  }

  get all(): readonly NumberRun[] {
    return this.#runs.all;
  }

  /** How many have numbers below `before`. */
  countBelow(before: number): number {
    return countOf(
      this.all.filter(([first]) => first < before).map(([first, last]) => [first, Math.min(last, before - 1)]),
    );
  }

  add(run: NumberRun): void {
    this.#runs.add(run);
  }

  /** They have settled. Returns how many of them had not before. */
  delete(run: NumberRun): number {
    return this.#runs.delete(run);
  }

  /** What is to go to the loop: without what is on its way to whoever takes dead letters. */
  get backlog(): readonly NumberRun[] {
    const runs = new NumberRuns(this.all);
    for (const sequence of this.#condemned) runs.delete([sequence, sequence]);
    return runs.all;
  }

  /** Of the backlog, what is not to be attempted. */
  get poison(): readonly Poison[] {
    return [...this.#poison.values()];
  }

  /** A message kills its workers: the next one reads it and does not attempt it. */
  giveUp(poison: Poison): void {
    if (this.#runs.has(poison.sequence)) this.#poison.set(poison.sequence, poison);
  }

  /** It is on its way to whoever takes dead letters. */
  condemn(sequence: number): void {
    this.#poison.delete(sequence);
    this.#condemned.add(sequence);
  }

  /** It has its dead letter, or was dropped. Returns false where it had settled before. */
  settled(sequence: number): boolean {
    this.#condemned.delete(sequence);
    return this.#runs.delete([sequence, sequence]) > 0;
  }

  /** Nothing is known any more. Returns how many there were. */
  clear(): number {
    const { count } = this;
    for (const run of [...this.all]) this.#runs.delete(run);
    return count;
  }
}
