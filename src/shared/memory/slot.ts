/** One piece of shared memory that holds records, owned by the caller's side; the worker reads it and marks deliveries. */

import { type PackedRecord, RecordMemory } from './record.ts';
import type { RecordWriter } from './record-writer.ts';

/** The state of a record, as the caller's side sees it. Every state from `delivered` on is final. */
export const RECORD_STATE = {
  queued: 0,
  leased: 1,
  /** Permanently failed, and not yet accepted by the dead-letter target. */
  permanentlyFailed: 2,
  delivered: 3,
  deadLettered: 4,
  dropped: 5,
  expired: 6,
  undelivered: 7,
  /** Left on disk at shutdown; a later process recovers it. */
  spooled: 8,
  /** On disk only. The record's memory is free; the state is final for the slot, but not for the message. */
  onDiskOnly: 9,
} as const;

export type RecordState = (typeof RECORD_STATE)[keyof typeof RECORD_STATE];

export const isFinal = (state: number): boolean => state >= RECORD_STATE.delivered;

/** The outcome of a record, which the worker writes next to it, in memory that outlives the worker. */
export const OUTCOME = { none: 0, delivered: 1, permanentlyFailed: 2 } as const;

/** Maximum number of records in a slot. */
export const SLOT_RECORDS = 1024;
const INDEX_BYTES = SLOT_RECORDS * Uint32Array.BYTES_PER_ELEMENT;

/** Bytes that a slot needs in addition to its records. */
export const SLOT_OVERHEAD = INDEX_BYTES + SLOT_RECORDS;

/**
 * Views over a slot's shared memory, which both sides make.
 *
 *     0                    capacity             capacity + 4096      capacity + 5120
 *     | records            | offset of each     | outcome of each    |
 *     | (record.ts)        | record (1024 u32)  | record (1024 u8)   |
 */
export class SlotMemory {
  readonly shared: SharedArrayBuffer;
  readonly records: RecordMemory;
  readonly offsets: Uint32Array;
  readonly outcomes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    const capacity = shared.byteLength - SLOT_OVERHEAD;
    this.shared = shared;
    this.records = new RecordMemory(shared, capacity);
    this.offsets = new Uint32Array(shared, capacity, SLOT_RECORDS);
    this.outcomes = new Uint8Array(shared, capacity + INDEX_BYTES, SLOT_RECORDS);
  }

  get capacity(): number {
    return this.shared.byteLength - SLOT_OVERHEAD;
  }
}

/** The time, in ms of the clock, at which the records from `index` on were accepted. */
interface Mark {
  readonly index: number;
  readonly at: number;
}

export class Slot extends SlotMemory {
  readonly id: number;
  readonly states: Uint8Array = new Uint8Array(SLOT_RECORDS);
  /** The sequence number of the record at index 0. */
  firstSequence = 0;
  count = 0;
  used = 0;
  settled = 0;
  /** Records before this index have been leased, or have settled without a lease. */
  cursor = 0;
  #marks: Mark[] = [];

  constructor(id: number, bytes: number) {
    super(new SharedArrayBuffer(bytes));
    this.id = id;
  }

  get bytes(): number {
    return this.shared.byteLength;
  }

  get isSettled(): boolean {
    return this.settled === this.count;
  }

  hasRoom(size: number): boolean {
    return this.count < SLOT_RECORDS && this.used + size <= this.capacity;
  }

  /** Writes the prepared message after the last one and returns its index. The caller has checked that it fits. */
  append(writer: RecordWriter, flags: number): number {
    const index = this.count;
    const size = writer.write(this.records, this.used, flags);
    this.offsets[index] = this.used;
    this.outcomes[index] = OUTCOME.none;
    this.states[index] = RECORD_STATE.queued;
    this.used += size;
    this.count++;
    return index;
  }

  /** Returns the offset right after the bytes of record `index`. */
  endOf(index: number): number {
    return index + 1 < this.count ? (this.offsets[index + 1] as number) : this.used;
  }

  /** Returns the record of message `sequence`. */
  recordOf(sequence: number): PackedRecord {
    return { records: this.records, offset: this.offsets[sequence - this.firstSequence] as number };
  }

  /** Gives a record its final state, once. Returns false where it already had one. */
  settle(index: number, state: RecordState): boolean {
    if (isFinal(this.states[index] as number)) return false;
    this.states[index] = state;
    this.settled++;
    return true;
  }

  /** Records that the messages from `index` on were accepted at `at`, in ms of the clock. */
  mark(index: number, at: number): void {
    if (this.#marks.at(-1)?.at !== at) this.#marks.push({ index, at });
  }

  /** Returns when record `index` was accepted, to the precision of one turn of the event loop. */
  acceptedAt(index: number): number {
    return this.#marks.findLast((mark) => mark.index <= index)?.at ?? 0;
  }

  /** Empties the slot, to be used again from `sequence` on. */
  reset(sequence: number): void {
    this.firstSequence = sequence;
    this.count = this.used = this.settled = this.cursor = 0;
    this.#marks = [];
  }
}
