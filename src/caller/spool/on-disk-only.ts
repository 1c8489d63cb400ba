/** Pending messages that are on disk only. They are known by number until the worker reports their final state. */

import type { FailedMessage } from '../../shared/protocol.ts';
import { countOf, type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';

export class OnDiskOnly {
  readonly #runs = new NumberRuns();
  /** Messages of these runs whose dead letter is on its way to the target. */
  readonly #permanentlyFailed = new Set<number>();
  /** Messages of these runs that must not be attempted, because they crash the worker. They are to be dead-lettered. */
  readonly #poison = new Map<number, FailedMessage>();

  /** Number of messages, counted run by run. */
  get count(): number {
    return this.#runs.count;
  }

  /** Number of messages whose dead letter is on its way to the target. */
  get permanentlyFailed(): number {
    return this.#permanentlyFailed.size;
  }

  /** Number of the oldest message. */
  get first(): number | undefined {
    return this.#runs.first;
  }

  get last(): number | undefined {
    return this.#runs.last;
  }

  get all(): readonly NumberRun[] {
    return this.#runs.all;
  }

  /** Number of the oldest message in the run; undefined if there is none. */
  firstIn([from, to]: NumberRun): number | undefined {
    const found = this.all.find(([, last]) => last >= from);
    return found !== undefined && found[0] <= to ? Math.max(found[0], from) : undefined;
  }

  /** Number of messages with sequences below `before`. */
  countBelow(before: number): number {
    return countOf(
      this.all.filter(([first]) => first < before).map(([first, last]) => [first, Math.min(last, before - 1)]),
    );
  }

  add(run: NumberRun): void {
    this.#runs.add(run);
  }

  /** Removes settled messages. Returns how many of them had not settled before. */
  delete(run: NumberRun): number {
    const [first, last] = run;
    for (const marked of [this.#permanentlyFailed, this.#poison])
      for (const sequence of marked.keys()) if (sequence >= first && sequence <= last) marked.delete(sequence);
    return this.#runs.delete(run);
  }

  /** Runs that are still to go to the loop: all but the messages whose dead letter is on its way to the target. */
  get backlog(): readonly NumberRun[] {
    const runs = new NumberRuns(this.all);
    for (const sequence of this.#permanentlyFailed) runs.delete([sequence, sequence]);
    return runs.all;
  }

  /** The messages of the backlog that must not be attempted. */
  get poison(): readonly FailedMessage[] {
    return [...this.#poison.values()];
  }

  /** Marks a message that crashes its workers. The next worker reads it and does not attempt it. */
  giveUp(poison: FailedMessage): void {
    if (this.#runs.has(poison.sequence)) this.#poison.set(poison.sequence, poison);
  }

  /** The dead letter of the message is about to go to the target. Returns false if the message has settled, so that none may go. */
  failPermanently(sequence: number): boolean {
    if (!this.#runs.has(sequence)) return false;
    this.#poison.delete(sequence);
    this.#permanentlyFailed.add(sequence);
    return true;
  }

  /** Removes a settled message. Returns false if it had settled before. */
  settle(sequence: number): boolean {
    this.#permanentlyFailed.delete(sequence);
    return this.#runs.delete([sequence, sequence]) > 0;
  }
}
