/** The in-process queue: records in order in slots, bounded in messages and in the bytes that it really holds. */

import { InvalidMessageError } from '../../shared/errors.ts';
import type { RecordWriter } from '../../shared/memory/record-writer.ts';
import { isFinal, OUTCOME, RECORD_STATE, type RecordState, type Slot } from '../../shared/memory/slot.ts';
import { mostInOne } from '../../spool/format.ts';
import { SlotPool } from './slot-pool.ts';

export interface QueueBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** The spool that they go to, where it could not hold every message that fits in memory. */
  readonly spool?: { readonly maxBytes: number } | undefined;
}

/** Consecutive queued records of one slot. */
export interface RecordRange {
  readonly slot: Slot;
  readonly from: number;
  readonly count: number;
}

/** How many records are in which state, counted one by one; `inFlight` = leased, or on the way to a dead-letter target. */
export interface Census {
  readonly queued: number;
  readonly inFlight: number;
}

export class MessageQueue {
  readonly #bounds: QueueBounds;
  readonly #pool: SlotPool;
  /** In order of acceptance; the last one is being written. */
  readonly #slots: Slot[] = [];
  #nextSequence = 0;
  /** A worker that has died may have attempted what is below. */
  #attemptedBefore = 0;
  #buffered = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
    this.#pool = new SlotPool(bounds.maxBytes);
  }

  /** Messages that have not settled. */
  get buffered(): number {
    return this.#buffered;
  }

  /** The sequence number that the next message gets. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** How full the queue is, by whichever bound is nearer: 0 is empty, 1 full. */
  get fullness(): number {
    return Math.max(this.#buffered / this.#bounds.maxMessages, this.#pool.usedBytes / this.#bounds.maxBytes);
  }

  /**
   * Appends the prepared message, accepted at `now`. Returns its sequence number, or undefined when there is no room.
   * @throws InvalidMessageError when it could never fit, QueueFullError when there is no memory; then nothing has changed
   */
  append(writer: RecordWriter, flags: number, now: number): number | undefined {
    const slot = this.#slotFor(writer);
    if (slot === undefined) return undefined;
    slot.mark(slot.append(writer, flags), now);
    this.#buffered++;
    return this.#nextSequence++;
  }

  /**
   * Whether a record of `size` bytes would be taken at this moment; if so, its memory is there.
   * @throws InvalidMessageError when it could never fit, QueueFullError when there is no memory
   */
  reserve(size: number): boolean {
    this.#assertFits(size);
    if (this.#isFull) return false;
    return this.#slots.at(-1)?.hasRoom(size) === true || this.#pool.reserve(size, this.#emptySlot?.bytes);
  }

  /**
   * The same, were all dropped that are queued from `from` on: nothing should be dropped in vain. Asked before the first is.
   * @throws QueueFullError when there is no memory
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

  /** The slot that is being written, where it holds nothing: its memory may make room for a larger one. */
  get #emptySlot(): Slot | undefined {
    const last = this.#slots.at(-1);
    return last?.isSettled ? last : undefined;
  }

  #addSlot(size: number): Slot | undefined {
    const empty = this.#emptySlot;
    const slot = this.#pool.take(size, empty);
    // The empty one goes only when another one comes: the numbers in the slot before it would have a gap.
    if (slot === undefined) return undefined;
    if (empty !== undefined) this.#slots.pop();
    slot.reset(this.#nextSequence);
    this.#slots.push(slot);
    return slot;
  }

  /** Leases the oldest queued records: at most the rest of one slot, `max` at the most, and no more than an empty spool can hold. */
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

  /** Whether the record at the cursor may go to disk in one write with those from `from` on. A slot may be larger than the spool. */
  #goesOn(slot: Slot, from: number): boolean {
    const { spool } = this.#bounds;
    if (spool === undefined || slot.cursor === from) return true;
    const bytes = slot.endOf(slot.cursor) - (slot.offsets[from] as number);
    return bytes <= mostInOne(spool.maxBytes, slot.cursor - from + 1);
  }

  /** Takes a lease back whose records nobody has attempted. Leases after it may still be out: they lie behind the cursor then. */
  giveBack({ slot, from, count }: RecordRange): void {
    for (let index = from; index < from + count; index++)
      if (slot.states[index] === RECORD_STATE.leased) slot.states[index] = RECORD_STATE.queued;
    slot.cursor = Math.min(slot.cursor, from);
  }

  /** Ends all leases, their worker being gone: what it had not marked as delivered is queued again, in its place. */
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

  /** A leased message is beyond help: its lease is over, but it has not settled. */
  condemn(slot: Slot, index: number): void {
    slot.states[index] = RECORD_STATE.condemned;
  }

  /** Gives a message its final state. Returns false where it already had one. */
  settle(slot: Slot, index: number, state: RecordState): boolean {
    if (!slot.settle(index, state)) return false;
    this.#buffered--;
    if (slot.isSettled) this.#release(slot);
    return true;
  }

  /** The slot being written begins again in place; others go back to the pool. */
  #release(slot: Slot): void {
    if (slot === this.#slots.at(-1)) {
      slot.reset(this.#nextSequence);
      return;
    }
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#pool.give(slot);
  }

  /** Settles a message that has not been leased. Returns false where it has been, also by a dead worker, or has settled. */
  settleQueued(sequence: number, state: RecordState): boolean {
    if (sequence < this.#attemptedBefore) return false;
    const slot = this.slotOf(sequence);
    const index = sequence - (slot?.firstSequence ?? 0);
    return slot !== undefined && slot.states[index] === RECORD_STATE.queued && this.settle(slot, index, state);
  }

  /** The oldest message that has not been leased, of those that begin at `from`. */
  oldestQueued(from = 0): number | undefined {
    for (const slot of this.#slots) {
      const { states, count, firstSequence } = slot;
      for (let index = Math.max(skipSettled(slot), from - firstSequence); index < count; index++)
        if (states[index] === RECORD_STATE.queued) return firstSequence + index;
    }
    return undefined;
  }

  /** The oldest message that has not settled. */
  oldestPending(): number | undefined {
    for (const { states, count, firstSequence } of this.#slots)
      for (let index = 0; index < count; index++) if (!isFinal(states[index] as number)) return firstSequence + index;
    return undefined;
  }

  /** How many that have not settled have numbers below `before`. Only the slot that the number falls into is walked. */
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

  /** The slot that holds message `sequence`, undefined once that has been released. */
  slotOf(sequence: number): Slot | undefined {
    let low = 0;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { firstSequence, count } = this.#slots[middle] as Slot;
      if (firstSequence + count <= sequence) low = middle + 1;
      else high = middle;
    }
    const slot = this.#slots[low];
    return slot !== undefined && sequence >= slot.firstSequence ? slot : undefined;
  }

  /** Calls `visit` for every message that has not settled, in order. */
  forEachPending(visit: (slot: Slot, index: number) => void): void {
    for (const slot of [...this.#slots]) {
      const { count } = slot;
      for (let index = 0; index < count; index++) if (!isFinal(slot.states[index] as number)) visit(slot, index);
    }
  }

  /** Counts by walking: the check on everything that is counted by adding. */
  census(): Census {
    const counts = { queued: 0, inFlight: 0 };
    this.forEachPending((slot, index) => {
      counts[slot.states[index] === RECORD_STATE.queued ? 'queued' : 'inFlight']++;
    });
    return counts;
  }
}

/** Moves the cursor over what was withdrawn or dropped before it could be leased. */
function skipSettled(slot: Slot): number {
  while (slot.cursor < slot.count && slot.states[slot.cursor] !== RECORD_STATE.queued) slot.cursor++;
  return slot.cursor;
}

/** Whether the slot would be empty, were all dropped that are queued from message `from` on. */
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
