/** The id of each message, as far as the caller's side knows it. Only the worker knows the ids of messages in a spool. */

import { randomBytes } from 'node:crypto';
import { idIn, type KeptIds } from '../../shared/protocol.ts';

/** Random bytes of a run: enough that no two producers anywhere have the same. */
const RUN_BYTES = 12;

export class MessageIds {
  /** A random text that is fixed for the life of the producer. */
  readonly run = randomBytes(RUN_BYTES).toString('hex');
  readonly #hasSpool: boolean;
  /** Ids of messages that had one before they came to this producer. */
  readonly #kept = new Map<number, string>();

  constructor(hasSpool: boolean) {
    this.#hasSpool = hasSpool;
  }

  /** Keeps the id that the message had before, so that it is sent under the same id again. */
  keep(sequence: number, id: string): void {
    this.#kept.set(sequence, id);
  }

  /** Returns the id of a message, or an empty string if only the worker knows it. */
  of(sequence: number): string {
    return this.#kept.get(sequence) ?? (this.#hasSpool ? '' : idIn(this.run, sequence));
  }

  /** Returns the kept ids of these messages, or undefined if there are none. */
  keptOf(first: number, count: number): KeptIds | undefined {
    const found = [...this.#kept].filter(([sequence]) => sequence >= first && sequence < first + count);
    return found.length === 0 ? undefined : new Map(found);
  }

  /** The message has settled. */
  forget(sequence: number): void {
    this.#kept.delete(sequence);
  }
}
