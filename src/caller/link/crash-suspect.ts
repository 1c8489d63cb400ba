/** Finds the message that crashes workers. Each death of a worker counts as a failed attempt of the message being attempted. */

import { SLOT_RECORDS } from '../../shared/memory/slot.ts';
import type { Leases } from '../queue/leases.ts';
import type { MessageQueue } from '../queue/message-queue.ts';

/** Number of deaths in a row after which the message is leased alone. After one more death, it has permanently failed. */
const DEATHS_BEFORE_ALONE = 3;

export class CrashSuspect {
  readonly #queue: Pick<MessageQueue, 'oldestQueued' | 'nextSequence' | 'isLeased'>;
  readonly #leases: Pick<Leases, 'size'>;
  #sequence = -1;
  #deaths = 0;

  constructor(queue: MessageQueue, leases: Leases) {
    this.#queue = queue;
    this.#leases = leases;
  }

  /** Records that a worker died while `sequence` was being attempted. Returns true if the message has permanently failed. */
  countDeath(sequence: number): boolean {
    this.#deaths = sequence === this.#sequence ? this.#deaths + 1 : 1;
    this.#sequence = sequence;
    if (this.#deaths <= DEATHS_BEFORE_ALONE) return false;
    this.#deaths = 0; // later messages need not wait until the suspect has settled
    return true;
  }

  /** Returns how many records the next lease may have. Messages before a suspect are leased without it, then the suspect alone. */
  quota(): number {
    if (this.#deaths < DEATHS_BEFORE_ALONE) return SLOT_RECORDS;
    const next = this.#queue.oldestQueued() ?? this.#queue.nextSequence;
    if (next < this.#sequence) return this.#sequence - next;
    if (next === this.#sequence) return this.#leases.size === 0 ? 1 : 0;
    return this.#queue.isLeased(this.#sequence) ? 0 : SLOT_RECORDS;
  }
}
