/**
 * The in-memory queue: records in order in slots of shared memory, bounded in messages and in the bytes of the slots that it holds. The
 * application's thread appends, leases and settles, and the worker thread reads the leased records.
 */

import { InvalidMessageError } from '../../shared/errors.ts';
import type { PackedRecord } from '../../shared/memory/record.ts';
import type { RecordWriter } from '../../shared/memory/record-writer.ts';
import { isFinal, OUTCOME, RECORD_STATE, type RecordState, type Slot } from '../../shared/memory/slot.ts';
import { mostInOne } from '../../spool/format.ts';
import { SlotPool } from './slot-pool.ts';

export interface QueueBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** The spool of these messages, if it could not hold every message that fits in memory. */
  readonly spool?: { readonly maxBytes: number } | undefined;
}

/** Consecutive queued records of one slot. */
export interface RecordRange {
  readonly slot: Slot;
  readonly from: number;
  readonly count: number;
}

/** Number of records by state, counted one by one; `permanentlyFailed` is on the way to a dead-letter target. */
export interface Census {
  readonly queued: number;
  readonly leased: number;
  readonly permanentlyFailed: number;
}

export class MessageQueue {
  readonly #bounds: QueueBounds;
  readonly #pool: SlotPool;
  /** Slots in order of acceptance. The last one is being written. */
  readonly #slots: Slot[] = [];
  #nextSequence = 0;
  /** Messages below this sequence may have been attempted by a worker that has died. */
  #attemptedBefore = 0;
  #buffered = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
    this.#pool = new SlotPool(bounds.maxBytes);
  }

  /** Number of messages that have not settled. */
  get buffered(): number {
    return this.#buffered;
  }

  /** The sequence number that the next message gets. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Bytes of the slots that hold messages. */
  get usedBytes(): number {
    return this.#pool.usedBytes;
  }

  /** How full the queue is by the nearer of its two bounds, from 0 (empty) to 1 (full). */
  get fullness(): number {
    return Math.max(this.#buffered / this.#bounds.maxMessages, this.#pool.usedBytes / this.#bounds.maxBytes);
  }

  /**
   * Appends the prepared message, accepted at `now`. Returns its sequence number, or undefined if the queue is full.
   * @throws InvalidMessageError if it could never fit, QueueFullError if there is no memory; then nothing has changed
   */
  append(writer: RecordWriter, flags: number, now: number): number | undefined {
    const slot = this.#slotFor(writer);
    if (slot === undefined) return undefined;
    slot.mark(slot.append(writer, flags), now);
    this.#buffered++;
    return this.#nextSequence++;
  }

  /**
   * Returns whether a record of `size` bytes would be taken now. If so, its memory is allocated.
   * @throws InvalidMessageError if it could never fit, QueueFullError if there is no memory
   */
  reserve(size: number): boolean {
    this.#assertFits(size);
    if (this.#isFull) return false;
    return this.#slots.at(-1)?.hasRoom(size) === true || this.#pool.reserve(size, this.#emptySlot?.bytes);
  }

  /**
   * Returns whether a record would be taken if all messages queued from `from` on were dropped. The intake asks this before it drops the
   * first one, so that no message is dropped in vain. @throws QueueFullError if there is no memory
   */
  reserveByDropping(size: number, from: number): boolean {
    if (this.oldestQueued(from) === undefined) return false;
    const last = this.#slots.at(-1) as Slot;
    const cleared = this.#slots.filter((slot) => isDroppable(slot, from));
    if (last.hasRoom(size) || (last.capacity >= size && cleared.includes(last))) return true;
    return this.#pool.reserve(
      size,
      cleared.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  }

  get #isFull(): boolean {
    return this.#buffered >= this.#bounds.maxMessages;
  }

  /** @throws InvalidMessageError */
  #assertFits(size: number): void {
    const { maxBytes, spool } = this.#bounds;
    if (!this.#pool.canEverHold(size)) throw tooLarge(size, `queue.max_bytes of ${maxBytes}`);
    if (spool !== undefined && size > mostInOne(spool.maxBytes, 1))
      throw tooLarge(size, `queue.spool.max_bytes of ${spool.maxBytes}`);
  }

  #slotFor(writer: RecordWriter): Slot | undefined {
    const last = this.#isFull ? undefined : this.#slots.at(-1);
    if (last?.hasRoom(writer.sizeBound)) return last;
    const size = writer.exactSize;
    if (last?.hasRoom(size)) return last;
    this.#assertFits(size);
    return this.#isFull ? undefined : this.#addSlot(size);
  }

  /** The slot that is being written, if it holds no messages. Its memory may then be freed for a larger slot. */
  get #emptySlot(): Slot | undefined {
    const last = this.#slots.at(-1);
    return last?.isSettled ? last : undefined;
  }

  #addSlot(size: number): Slot | undefined {
    const empty = this.#emptySlot;
    const slot = this.#pool.take(size, empty);
    // The empty slot goes only when another one comes. Else the next record would go to the slot before it, whose numbers would have a gap.
    if (slot === undefined) return undefined;
    if (empty !== undefined) this.#slots.pop();
    slot.reset(this.#nextSequence);
    this.#slots.push(slot);
    return slot;
  }

  /** Leases the oldest queued records: at most `max`, from one slot, and no more bytes than an empty spool can hold. */
  lease(max: number): RecordRange | undefined {
    const slot = this.#slots.find((candidate) => skipSettled(candidate) < candidate.count);
    if (slot === undefined) return undefined;
    const from = slot.cursor;
    while (slot.cursor < slot.count && slot.cursor - from < max) {
      if (slot.states[slot.cursor] !== RECORD_STATE.queued || !this.#goesOn(slot, from)) break;
      slot.states[slot.cursor++] = RECORD_STATE.leased;
    }
    return { slot, from, count: slot.cursor - from };
  }

  /** Whether the record at the cursor fits in one write to disk with those from `from` on. A slot may be larger than the spool. */
  #goesOn(slot: Slot, from: number): boolean {
    const { spool } = this.#bounds;
    if (spool === undefined || slot.cursor === from) return true;
    const bytes = slot.endOf(slot.cursor) - (slot.offsets[from] as number);
    return bytes <= mostInOne(spool.maxBytes, slot.cursor - from + 1);
  }

  /** Takes back a lease whose records were never attempted. Leases after it may still be out, and then lie behind the cursor. */
  giveBack({ slot, from, count }: RecordRange): void {
    for (let index = from; index < from + count; index++)
      if (slot.states[index] === RECORD_STATE.leased) slot.states[index] = RECORD_STATE.queued;
    slot.cursor = Math.min(slot.cursor, from);
  }

  /** Ends all leases, because their worker is gone. Records not marked as delivered are queued again, at their old position. */
  endLeases(): void {
    for (const slot of this.#slots) {
      for (let index = 0; index < slot.count; index++) {
        if (slot.states[index] !== RECORD_STATE.leased) continue;
        this.#attemptedBefore = Math.max(this.#attemptedBefore, slot.firstSequence + index + 1);
        slot.states[index] = RECORD_STATE.queued;
        slot.outcomes[index] = OUTCOME.none;
      }
      slot.cursor = 0;
    }
  }

  /**
   * Marks a leased message as permanently failed. Its lease is over, but it has not settled. Returns its record, or undefined if no
   * such message is leased.
   */
  failPermanently(sequence: number): PackedRecord | undefined {
    const slot = this.slotOf(sequence, RECORD_STATE.leased);
    if (slot === undefined) return undefined;
    slot.states[sequence - slot.firstSequence] = RECORD_STATE.permanentlyFailed;
    return slot.recordOf(sequence);
  }

  /** Gives a message its final state. Returns false if it already had one. */
  settle(slot: Slot, index: number, state: RecordState): boolean {
    if (!slot.settle(index, state)) return false;
    this.#buffered--;
    if (slot.isSettled) this.#release(slot);
    return true;
  }

  /** Reuses a slot whose records have all settled. The slot being written begins again in place; others go back to the pool. */
  #release(slot: Slot): void {
    if (slot === this.#slots.at(-1)) {
      slot.reset(this.#nextSequence);
      return;
    }
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#pool.give(slot);
  }

  /** Settles a message that was never leased. Returns false if any worker, even a dead one, has had it, or if it has settled. */
  settleQueued(sequence: number, state: RecordState): boolean {
    if (sequence < this.#attemptedBefore) return false;
    const slot = this.slotOf(sequence, RECORD_STATE.queued);
    return slot !== undefined && this.settle(slot, sequence - slot.firstSequence, state);
  }

  /** Returns the oldest message that is queued, at or after `from`. */
  oldestQueued(from = 0): number | undefined {
    for (const slot of this.#slots) {
      const { states, count, firstSequence } = slot;
      for (let index = Math.max(skipSettled(slot), from - firstSequence); index < count; index++)
        if (states[index] === RECORD_STATE.queued) return firstSequence + index;
    }
    return undefined;
  }

  /** Returns the oldest message that has not settled. */
  oldestPending(): number | undefined {
    for (const { states, count, firstSequence } of this.#slots)
      for (let index = 0; index < count; index++) if (!isFinal(states[index] as number)) return firstSequence + index;
    return undefined;
  }

  /** Returns when message `sequence` was accepted, in ms of the clock; undefined if it is not in memory or has settled. */
  acceptedAt(sequence: number): number | undefined {
    const slot = this.slotOf(sequence);
    return slot?.acceptedAt(sequence - slot.firstSequence);
  }

  /** Returns whether the worker has message `sequence`, in memory, and its outcome is not known yet. */
  isLeased(sequence: number): boolean {
    return this.slotOf(sequence, RECORD_STATE.leased) !== undefined;
  }

  /** Returns the number of unsettled messages below `before`. Only the slot that holds `before` is walked. */
  pendingBelow(before: number): number {
    let pending = 0;
    for (const slot of this.#slots) {
      if (slot.firstSequence + slot.count <= before) pending += slot.count - slot.settled;
      else
        for (let index = 0; slot.firstSequence + index < before; index++)
          pending += Number(!isFinal(slot.states[index] as number));
    }
    return pending;
  }

  /** Returns the slot of message `sequence` if the message is in `state`. Without `state`, it may be in any that is not final. */
  slotOf(sequence: number, state?: RecordState): Slot | undefined {
    let low = 0;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { firstSequence, count } = this.#slots[middle] as Slot;
      if (firstSequence + count <= sequence) low = middle + 1;
      else high = middle;
    }
    const slot = this.#slots[low];
    if (slot === undefined || sequence < slot.firstSequence) return undefined;
    const found = slot.states[sequence - slot.firstSequence] as number;
    return (state === undefined ? !isFinal(found) : found === state) ? slot : undefined;
  }

  /** Calls `visit` for every message that has not settled, in order, with its sequence number and its state. */
  forEachPending(visit: (sequence: number, state: number) => void): void {
    for (const { count, firstSequence, states } of [...this.#slots])
      for (let index = 0; index < count; index++) {
        const state = states[index] as number;
        if (!isFinal(state)) visit(firstSequence + index, state);
      }
  }

  /** Counts by walking all records, as a check on the counters. */
  census(): Census {
    const counts = new Float64Array(Object.keys(RECORD_STATE).length);
    // Without a call for each record, because a queue may hold millions.
    for (const { count, states } of this.#slots)
      for (let index = 0; index < count; index++) {
        const state = states[index] as number;
        counts[state] = (counts[state] as number) + 1;
      }
    const of = (state: RecordState) => counts[state] as number;
    const { queued, leased, permanentlyFailed } = RECORD_STATE;
    return { queued: of(queued), leased: of(leased), permanentlyFailed: of(permanentlyFailed) };
  }
}

/** Moves the cursor to the next queued record, over records that were withdrawn, dropped or leased. */
function skipSettled(slot: Slot): number {
  while (slot.cursor < slot.count && slot.states[slot.cursor] !== RECORD_STATE.queued) slot.cursor++;
  return slot.cursor;
}

/** Whether the slot would be empty if all messages queued from `from` on were dropped. */
function isDroppable({ states, count, firstSequence }: Slot, from: number): boolean {
  for (let index = 0; index < count; index++) {
    const state = states[index] as number;
    const isQueued = state === RECORD_STATE.queued && firstSequence + index >= from;
    if (!isQueued && !isFinal(state)) return false;
  }
  return true;
}

const tooLarge = (size: number, bound: string): InvalidMessageError =>
  new InvalidMessageError(`a message of ${size} bytes (packed) can never fit ${bound}`);
