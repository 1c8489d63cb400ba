/** Slots within a bound of bytes: freed ones are kept for the next message, since making shared memory is slow. */

import { alignUp } from './record.ts';
import { SLOT_OVERHEAD, Slot } from './slot.ts';

/** Bytes of an ordinary slot. A larger message gets a slot of its own. */
export const SLOT_BYTES = 64 * 1024;
/** With a small bound slots are smaller, so that a few are there to take turns. */
const SLOTS_AT_LEAST = 4;
const SMALLEST_SLOT = 16 * 1024;

export class SlotPool {
  readonly #maxBytes: number;
  readonly #slotBytes: number;
  readonly #free: Slot[] = [];
  #nextId = 1;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#slotBytes = Math.min(SLOT_BYTES, Math.max(SMALLEST_SLOT, Math.floor(maxBytes / SLOTS_AT_LEAST / 8) * 8));
  }

  /** Bytes in slots that hold messages. */
  get usedBytes(): number {
    return this.#heldBytes - this.#free.length * this.#slotBytes;
  }

  /** Whether a record of `size` bytes can ever be taken. */
  canEverHold(size: number): boolean {
    return size + SLOT_OVERHEAD <= this.#maxBytes;
  }

  /** Whether `take` would answer a slot, after `given` had been given back. */
  canTake(size: number, given: Slot | undefined): boolean {
    const used = this.usedBytes - (given?.bytes ?? 0);
    if (!this.#isOrdinary(size)) return used + alignUp(size + SLOT_OVERHEAD) <= this.#maxBytes;
    return this.#free.length > 0 || used + this.#slotBytes <= this.#maxBytes;
  }

  #isOrdinary(size: number): boolean {
    return size + SLOT_OVERHEAD <= this.#slotBytes;
  }

  /** An empty slot for a record of `size` bytes, or undefined at the bound. */
  take(size: number): Slot | undefined {
    const ordinary = this.#isOrdinary(size);
    const reused = ordinary ? this.#free.pop() : undefined;
    return reused ?? this.#make(ordinary ? this.#slotBytes : alignUp(size + SLOT_OVERHEAD));
  }

  #make(bytes: number): Slot | undefined {
    if (bytes > this.#slotBytes) this.#discardFree(bytes);
    if (this.#heldBytes + bytes > this.#maxBytes) return undefined;
    this.#heldBytes += bytes;
    return new Slot(this.#nextId++, bytes);
  }

  /** Makes way for a large slot by giving free ordinary ones up. */
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
