/** Slots within a bound of bytes: freed ones are kept for the next message, since making shared memory is slow. */

import { QueueFullError } from '../../shared/errors.ts';
import { alignUp } from '../../shared/memory/record.ts';
import { SLOT_OVERHEAD, Slot } from '../../shared/memory/slot.ts';

/** Bytes of an ordinary slot. A larger message gets a slot of its own. */
export const SLOT_BYTES = 64 * 1024;
/** With a small bound slots are smaller, so that a few are there to take turns. */
const SLOTS_AT_LEAST = 4;
const SMALLEST_SLOT = 16 * 1024;
/** So much more than a record needs may be in the slot that was made for it. */
const SPARE_EXCESS = 128;

export class SlotPool {
  readonly #maxBytes: number;
  readonly #slotBytes: number;
  readonly #free: Slot[] = [];
  /** Made before it is taken; not counted until then. */
  #spare: Slot | undefined;
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

  /**
   * Whether `take` has a slot for a record of `size` bytes, once slots of `freed` bytes have been given back. Its memory is
   * made here, so that a caller who takes it after asking other producers is not refused. @throws QueueFullError without memory
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

  /** Who asked before may have reckoned with a little more. */
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
   * An empty slot for a record of `size` bytes, or undefined at the bound; `given`, an empty one, goes back for it. What can
   * fail comes first. @throws QueueFullError when there is no memory
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

  /** Makes way for a slot by giving free ones up. */
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
