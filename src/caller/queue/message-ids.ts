/** Which id each message has, as far as the caller's side knows it: of a message in a spool only the worker does. */

import { randomBytes } from 'node:crypto';
import { idIn, type KeptIds } from '../../shared/protocol.ts';

/** Enough that no two producers anywhere have the same. */
const RUN_BYTES = 12;

export class MessageIds {
  /** Random, for the life of the producer. */
  readonly run = randomBytes(RUN_BYTES).toString('hex');
  readonly #hasSpool: boolean;
  /** Of messages that had an id before they came here. */
  readonly #kept = new Map<number, string>();

  constructor(hasSpool: boolean) {
    this.#hasSpool = hasSpool;
  }

  /** The message had this id before, and is sent under it again. */
  keep(sequence: number, id: string): void {
    this.#kept.set(sequence, id);
  }

  /** Empty where only the worker knows it. */
  of(sequence: number): string {
    return this.#kept.get(sequence) ?? (this.#hasSpool ? '' : idIn(this.run, sequence));
  }

  /** Of these messages, those that had an id before; undefined where none had. */
  keptOf(first: number, count: number): KeptIds | undefined {
    const found = [...this.#kept].filter(([sequence]) => sequence >= first && sequence < first + count);
    return found.length === 0 ? undefined : new Map(found);
  }

  /** The message has settled. */
  forget(sequence: number): void {
    this.#kept.delete(sequence);
  }
}
