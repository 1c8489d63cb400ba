/** Finds the message that kills workers: charged when it was being attempted as its worker died. */

import { SLOT_RECORDS } from '../../shared/memory/slot.ts';

/** Deaths after which a message is tried alone; one more, and it is poison. */
const DEATHS_BEFORE_ALONE = 3;

/** Where leasing stands, in sequence numbers. */
export interface LeasingPoint {
  /** The first message that is not leased. */
  readonly next: number;
  readonly oldestPending: number;
  readonly leases: number;
}

export class CrashSuspect {
  #sequence = -1;
  #deaths = 0;

  /** A worker died while `sequence` was being attempted. Returns true when that is proof enough. */
  charge(sequence: number): boolean {
    this.#deaths = sequence === this.#sequence ? this.#deaths + 1 : 1;
    this.#sequence = sequence;
    if (this.#deaths <= DEATHS_BEFORE_ALONE) return false;
    this.#deaths = 0; // nobody waits for what becomes of it
    return true;
  }

  /** How many records the next lease may have: those before a suspect go without it, and it goes with nothing else out. */
  quota(point: () => LeasingPoint): number {
    if (this.#deaths < DEATHS_BEFORE_ALONE) return SLOT_RECORDS;
    const { next, oldestPending, leases } = point();
    if (next < this.#sequence) return this.#sequence - next;
    if (next === this.#sequence) return leases === 0 ? 1 : 0;
    return oldestPending === this.#sequence ? 0 : SLOT_RECORDS;
  }
}
