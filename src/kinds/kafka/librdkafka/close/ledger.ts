/**
 * The native handles of one driver, in shared memory, written as soon as they exist: a worker that dies takes its
 * JavaScript along and leaves threads, descriptors and memory behind, which another thread then gives back.
 *
 * An entry is removed before its handle is released, so a death in between leaks a handle and never frees one twice.
 * An entry is never overwritten: the handle that it held would be lost.
 */

import { randomBytes } from 'node:crypto';
import { OutspoolError } from '../../../../shared/errors.ts';
import { orUndo } from '../../../../shared/util/or-undo.ts';

export const MAX_TOPICS = 512;

const SLOT = { client: 0, queue: 1, writeFd: 2, run: 3, reader: 4, topics: 5 } as const;
const SLOTS = SLOT.topics + MAX_TOPICS;

/** One that sends sets, one that sends messages one by one, and two that still wait for reports. */
const CLIENTS = 4;

/** One part for each of these clients, and the last one for the client that asks where a partition ends. */
const PARTS = CLIENTS + 1;

/** How large the shared memory must be. */
export const LEDGER_BYTES = PARTS * SLOTS * 8;

/** The parts of a ledger by what they are for. */
export interface Ledgers {
  readonly clients: readonly Ledger[];
  readonly question: Ledger;
}

type Named = Exclude<keyof typeof SLOT, 'run' | 'topics'>;

/** The part of a ledger that names what belongs to one client. */
export class Ledger {
  readonly #slots: BigUint64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LEDGER_BYTES), part = 0) {
    if (memory.byteLength < LEDGER_BYTES) throw new RangeError(`a ledger takes ${LEDGER_BYTES} bytes`);
    this.#slots = new BigUint64Array(memory, part * SLOTS * 8, SLOTS);
  }

  /** All parts of a ledger. */
  static all(memory?: SharedArrayBuffer): Ledger[] {
    const shared = memory ?? new SharedArrayBuffer(LEDGER_BYTES);
    return Array.from({ length: PARTS }, (_, part) => new Ledger(shared, part));
  }

  static byUse(memory?: SharedArrayBuffer): Ledgers {
    const all = Ledger.all(memory);
    return { clients: all.slice(0, CLIENTS), question: all[CLIENTS] as Ledger };
  }

  /** Whether it names no handle. */
  get isEmpty(): boolean {
    return this.#slots.every((slot, index) => slot === 0n || index === SLOT.run);
  }

  /** Names the producer that the ledger belongs to, through all of its workers: 16 hexadecimal digits. */
  run(): string {
    Atomics.compareExchange(this.#slots, SLOT.run, 0n, randomBytes(8).readBigUInt64LE());
    return Atomics.load(this.#slots, SLOT.run).toString(16).padStart(16, '0');
  }

  /**
   * Enters a handle and returns it; where its place is taken, `giveBack` releases it. A descriptor is stored one higher, as
   * 0 stands for nothing and is a descriptor too. @throws OutspoolError
   */
  set(name: Named, value: number, giveBack: (value: number) => void): number {
    const stored = name === 'writeFd' ? value + 1 : value;
    orUndo(
      () => this.#enter(SLOT[name], stored),
      () => giveBack(value),
    );
    return value;
  }

  /** Removes the entry and returns what it held; undefined where it held nothing. */
  take(name: Named): number | undefined {
    const stored = Number(Atomics.exchange(this.#slots, SLOT[name], 0n));
    if (stored === 0) return undefined;
    return name === 'writeFd' ? stored - 1 : stored;
  }

  /** As `set`, for the topic with this number. @throws also RangeError when there is no such place */
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
