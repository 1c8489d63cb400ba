/** Slots within a bound of bytes. Freed slots are kept for later messages, because allocating shared memory is slow. */

import { QueueFullError } from '../../shared/errors.ts';
import { alignUp } from '../../shared/memory/record.ts';
import { SLOT_OVERHEAD, Slot } from '../../shared/memory/slot.ts';

/** Size in bytes of an ordinary slot. A larger message gets a slot of its own. */
export const SLOT_BYTES = 64 * 1024;
/** Number of ordinary slots that should fit the bound. With a small bound, slots are smaller, so that they can take turns. */
const SLOTS_AT_LEAST = 4;
const SMALLEST_SLOT = 16 * 1024;
/** Largest number of bytes by which a slot made in advance may exceed the size that is asked for. */
const SPARE_EXCESS = 128;

export class SlotPool {
  readonly #maxBytes: number;
  readonly #slotBytes: number;
  readonly #free: Slot[] = [];
  /** A slot made in advance. It is not counted until it is taken. */
  #spare: Slot | undefined;
  #nextId = 1;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#slotBytes = Math.min(SLOT_BYTES, Math.max(SMALLEST_SLOT, Math.floor(maxBytes / SLOTS_AT_LEAST / 8) * 8));
  }

  /** Bytes of the slots that hold messages. */
  get usedBytes(): number {
    return this.#heldBytes - this.#free.length * this.#slotBytes;
  }

  /** Whether a record of `size` bytes can ever fit. */
  canEverHold(size: number): boolean {
    return size + SLOT_OVERHEAD <= this.#maxBytes;
  }

  /**
   * Returns whether `take` has a slot for a record of `size` bytes, once slots of `freed` bytes have been given back. Its memory is
   * allocated here, so that a caller that takes it after it has asked other producers is not refused.
   * @throws QueueFullError if there is no memory
   */
  reserve(size: number, freed = 0): boolean {
    const ordinary = this.#isOrdinary(size);
    if (ordinary && this.#free.length > 0) return true;
    const bytes = ordinary ? this.#slotBytes : alignUp(size + SLOT_OVERHEAD);
    const used = this.usedBytes - freed;
    if (used + bytes > this.#maxBytes) return false;
    if (!this.#hasSpare(bytes, used)) this.#spare = this.#make(bytes);
    return true;
  }

  #isOrdinary(size: number): boolean {
    return size + SLOT_OVERHEAD <= this.#slotBytes;
  }

  /** Whether the slot made in advance fits. An earlier request may have asked for a few bytes more. */
  #hasSpare(bytes: number, used: number): boolean {
    const { bytes: spare = 0 } = this.#spare ?? {};
    return spare >= bytes && spare <= bytes + SPARE_EXCESS && used + spare <= this.#maxBytes;
  }

  #make(bytes: number): Slot {
    try {
      return new Slot(this.#nextId++, bytes);
    } catch (error) {
      throw new QueueFullError(`the queue has room, but there is no memory for it (${bytes} bytes)`, { cause: error });
    }
  }

  /**
   * Returns an empty slot for a record of `size` bytes, or undefined at the bound. The empty slot `given` goes back to the pool in
   * exchange, after the steps that can fail. @throws QueueFullError if there is no memory
   */
  take(size: number, given?: Slot): Slot | undefined {
    if (!this.reserve(size, given?.bytes)) return undefined;
    if (given !== undefined) this.give(given);
    const reused = this.#isOrdinary(size) ? this.#free.pop() : undefined;
    return reused ?? this.#takeSpare();
  }

  #takeSpare(): Slot {
    const slot = this.#spare as Slot;
    this.#spare = undefined;
    this.#discardFree(slot.bytes);
    this.#heldBytes += slot.bytes;
    return slot;
  }

  /** Discards free slots until a slot of `bytes` fits the bound. */
  #discardFree(bytes: number): void {
    while (this.#free.length > 0 && this.#heldBytes + bytes > this.#maxBytes) {
      this.#free.pop();
      this.#heldBytes -= this.#slotBytes;
    }
  }

  /** Takes back a slot whose records have all settled. */
  give(slot: Slot): void {
    if (slot.bytes === this.#slotBytes) this.#free.push(slot);
    else this.#heldBytes -= slot.bytes;
  }
}
