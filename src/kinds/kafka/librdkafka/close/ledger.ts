/**
 * The native handles of one driver, in shared memory. They are written as soon as they exist, because a dying worker loses its
 * JavaScript and leaves threads, descriptors and memory behind. Another thread then releases them (reclaim.ts).
 *
 *   part 0 … 3: one client each │ part 4: the client that asks for end offsets │ part 5: the one that asks who is in the cluster
 *   slots of a part, 8 bytes each: client │ queue │ writeFd │ run │ reader │ messages │ 512 topics
 *
 * An entry is removed before its handle is released, so a death in between leaks a handle and never frees one twice. An entry
 * is never overwritten, because the handle that it held would be lost.
 */

import { randomBytes } from 'node:crypto';
import { OutspoolError } from '../../../../shared/errors.ts';
import { orUndo } from '../../../../shared/util/or-undo.ts';

export const MAX_TOPICS = 512;

const SLOT = { client: 0, queue: 1, writeFd: 2, run: 3, reader: 4, messages: 5, topics: 6 } as const;
const SLOTS = SLOT.topics + MAX_TOPICS;

/** The client that sends sets, the one that sends single messages, and two that still wait for reports. */
const CLIENTS = 4;

/** One part for each of these clients, and one each for those that ask where a partition ends and who is in the cluster. */
const PARTS = CLIENTS + 2;

/** Minimum size of the shared memory in bytes. */
export const LEDGER_BYTES = PARTS * SLOTS * 8;

/** The parts of a ledger by their use. */
export interface Ledgers {
  readonly clients: readonly Ledger[];
  readonly question: Ledger;
  readonly members: Ledger;
}

type Named = Exclude<keyof typeof SLOT, 'run' | 'topics'>;

/** The part of a ledger that names the handles of one client. */
export class Ledger {
  readonly #slots: BigUint64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LEDGER_BYTES), part = 0) {
    if (memory.byteLength < LEDGER_BYTES) throw new RangeError(`a ledger takes ${LEDGER_BYTES} bytes`);
    this.#slots = new BigUint64Array(memory, part * SLOTS * 8, SLOTS);
  }

  static all(memory?: SharedArrayBuffer): Ledger[] {
    const shared = memory ?? new SharedArrayBuffer(LEDGER_BYTES);
    return Array.from({ length: PARTS }, (_, part) => new Ledger(shared, part));
  }

  static byUse(memory?: SharedArrayBuffer): Ledgers {
    const all = Ledger.all(memory);
    return { clients: all.slice(0, CLIENTS), question: all[CLIENTS] as Ledger, members: all[CLIENTS + 1] as Ledger };
  }

  /** Whether it names no handle. */
  get isEmpty(): boolean {
    return this.#slots.every((slot, index) => slot === 0n || index === SLOT.run);
  }

  /** Returns the id of the producer that owns the ledger, the same in all of its workers: 16 hexadecimal digits. */
  run(): string {
    Atomics.compareExchange(this.#slots, SLOT.run, 0n, randomBytes(8).readBigUInt64LE());
    return Atomics.load(this.#slots, SLOT.run).toString(16).padStart(16, '0');
  }

  /**
   * Enters a handle and returns it. If its slot is taken, `giveBack` releases the handle. A descriptor is stored one higher,
   * because 0 means empty and is a valid descriptor too. @throws OutspoolError
   */
  set(name: Named, value: number, giveBack: (value: number) => void): number {
    const stored = name === 'writeFd' ? value + 1 : value;
    orUndo(
      () => this.#enter(SLOT[name], stored),
      () => giveBack(value),
    );
    return value;
  }

  /** Removes the entry and returns what it held; undefined where it was empty. */
  take(name: Named): number | undefined {
    const stored = Number(Atomics.exchange(this.#slots, SLOT[name], 0n));
    if (stored === 0) return undefined;
    return name === 'writeFd' ? stored - 1 : stored;
  }

  /** As `set`, for the topic with this number. @throws also RangeError when there is no such slot */
  setTopic(index: number, topic: number, giveBack: (topic: number) => void): number {
    orUndo(
      () => this.#enter(SLOT.topics + index, topic),
      () => giveBack(topic),
    );
    return topic;
  }

  takeTopic(index: number): number {
    return Number(Atomics.exchange(this.#slots, SLOT.topics + index, 0n));
  }

  #enter(slot: number, value: number): void {
    if (Atomics.compareExchange(this.#slots, slot, 0n, BigInt(value)) !== 0n)
      throw new OutspoolError('the ledger names another handle there: an earlier Kafka client has not ended yet');
  }
}
