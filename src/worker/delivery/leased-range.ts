/** One lease in the delivery loop: a run of records in a slot, and how many of them have not settled. */

import { type DefaultTopics, FLAG_REPORT } from '../../shared/memory/record.ts';
import { OUTCOME, SlotMemory } from '../../shared/memory/slot.ts';
import type { Message } from '../../shared/message/message.ts';
import type { LeaseMessage } from '../../shared/protocol.ts';
import { type NumberRun, runFrom } from '../../shared/sequence-ranges.ts';

export class LeasedRange {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence: number;
  readonly run: NumberRun;
  readonly isOnDiskOnly: boolean;
  readonly #slot: SlotMemory;
  readonly #outcomes: Uint8Array;
  #unsettled: number;

  constructor(lease: LeaseMessage) {
    const end = lease.from + lease.count;
    this.size = lease.count;
    this.sequence = lease.sequence;
    this.run = runFrom(lease.sequence, lease.count);
    this.isOnDiskOnly = lease.isOnDiskOnly ?? false;
    this.#slot = new SlotMemory(lease.shared);
    this.memory = this.#slot.records.bytes;
    this.offsets = this.#slot.offsets.subarray(lease.from, end);
    this.#outcomes = this.#slot.outcomes.subarray(lease.from, end);
    this.#unsettled = lease.count;
  }

  get isSettled(): boolean {
    return this.#unsettled === 0;
  }

  /**
   * Whether a record has an outcome. Once the whole range has settled, the slot may hold other records. An abandoned attempt
   * that still runs must not take those for its own.
   */
  settled(index: number): boolean {
    return this.isSettled || this.#outcomes[index] !== OUTCOME.none;
  }

  wasDelivered(index: number): boolean {
    return this.#outcomes[index] === OUTCOME.delivered;
  }

  /** Marks a record's outcome, once. Returns false if it already had one. */
  settle(index: number, outcome: 'delivered' | 'permanentlyFailed'): boolean {
    if (this.settled(index)) return false;
    this.#outcomes[index] = OUTCOME[outcome];
    this.#unsettled--;
    return true;
  }

  /** Index of the first record without an outcome. There is one unless the range is settled. */
  get head(): number {
    return this.#outcomes.indexOf(OUTCOME.none);
  }

  reportWanted(index: number): boolean {
    return (this.#slot.records.flagsAt(this.offsets[index] as number) & FLAG_REPORT) !== 0;
  }

  /** Copies the packed record. */
  record(index: number): Uint8Array {
    const offset = this.offsets[index] as number;
    return Uint8Array.prototype.slice.call(this.memory, offset, offset + this.#slot.records.sizeAt(offset));
  }

  message(index: number, defaults: DefaultTopics, id: string): Message {
    return this.#slot.records.decode(this.offsets[index] as number, defaults, id);
  }
}

/** One leased record. */
export interface RecordRef {
  readonly range: LeasedRange;
  readonly index: number;
}

export const sameRecord = (a: RecordRef, b: RecordRef): boolean => a.range === b.range && a.index === b.index;
