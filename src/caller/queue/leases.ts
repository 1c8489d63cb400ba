/** Leases records to the worker, within credits, because a port has no back-pressure. The records stay owned by the caller's side. */

import { Credits } from '../../shared/credits.ts';
import { SLOT_RECORDS } from '../../shared/memory/slot.ts';
import type { LeaseMessage } from '../../shared/protocol.ts';
import type { MessageIds } from './message-ids.ts';
import type { MessageQueue, RecordRange } from './message-queue.ts';

/**
 * Largest number of leases that are with the worker, not counting those that later ones have overtaken. Each is at most one slot, so this
 * is about 1 MiB. More would fill longer pipes, but the worker would run in longer bursts. These show in the caller's event loop when both
 * threads compete for the same core.
 */
const CREDITS = 16;

/** When a lease gives its credit back: once its records have settled or, if it goes to disk first, once it is written. */
type Until = 'settled' | 'written';

export interface LeasesOptions {
  /** @default settled */
  readonly until?: Until;
  /** Largest number of leases that are with the worker at once. @default 16 */
  most?(): number | undefined;
  readonly ids?: Pick<MessageIds, 'keptOf'>;
}

export class Leases {
  readonly #queue: MessageQueue;
  readonly #until: Until;
  readonly #most: () => number | undefined;
  readonly #ids: Pick<MessageIds, 'keptOf'> | undefined;
  /** By the sequence number of the lease's first message. */
  readonly #active = new Map<number, RecordRange>();
  readonly #credits = new Credits();
  /** Number of leases that the worker has not yet reported as written or refused. */
  #unwritten = 0;
  #reached = -Infinity;

  constructor(queue: MessageQueue, { until = 'settled', most = () => CREDITS, ids }: LeasesOptions = {}) {
    this.#queue = queue;
    this.#until = until;
    this.#most = most;
    this.#ids = ids;
  }

  get size(): number {
    return this.#active.size;
  }

  all(): readonly RecordRange[] {
    return [...this.#active.values()];
  }

  /** Returns the lease that begins with message `first`. */
  get(first: number): RecordRange | undefined {
    return this.#active.get(first);
  }

  /** Returns the number of the first message of the lease that holds message `sequence`. */
  holding(sequence: number): number | undefined {
    for (const [first, { count }] of this.#active) if (sequence >= first && sequence < first + count) return first;
    return undefined;
  }

  /** Leases queued records as far as the credits go. `quota` returns how many records the next lease may have. */
  take(quota: () => number = () => SLOT_RECORDS): LeaseMessage[] {
    const leases: LeaseMessage[] = [];
    while (this.#taken < (this.#most() ?? CREDITS)) {
      const range = this.#queue.lease(quota());
      if (range === undefined || range.count === 0) break;
      leases.push(this.#register(range));
    }
    return leases;
  }

  /** Whether there are leases that the worker has not yet reported as written or refused. */
  get isUnanswered(): boolean {
    return this.#unwritten > 0;
  }

  /** The sequence after the newest lease of this worker, or -Infinity before the first. */
  get reached(): number {
    return this.#reached;
  }

  get #taken(): number {
    return this.#until === 'written' ? this.#unwritten : this.#credits.taken;
  }

  #register(range: RecordRange): LeaseMessage {
    const { slot, from, count } = range;
    const sequence = slot.firstSequence + from;
    this.#active.set(sequence, range);
    this.#credits.take(sequence);
    this.#unwritten++;
    this.#reached = sequence + count;
    const ids = this.#ids?.keptOf(sequence, count);
    return { shared: slot.shared, from, count, sequence, ...(ids && { ids }) };
  }

  /** Counts this number of leases as written to disk. */
  written(leases: number): void {
    this.#unwritten -= leases;
  }

  /** Some records of the lease have settled, so it has overtaken the leases before it. */
  moved(first: number): void {
    this.#credits.moved(first);
  }

  /** Ends a lease whose records have all settled, and gives its credit back. */
  end(first: number): void {
    this.#active.delete(first);
    this.#credits.giveBack(first);
  }

  /** Takes back a lease that the worker refused. Its records are queued again, at their old position. Returns false if it was over. */
  giveBack(first: number): boolean {
    const range = this.#active.get(first);
    if (range === undefined) return false;
    this.end(first);
    this.#unwritten--;
    this.#queue.giveBack(range);
    return true;
  }

  /** Ends all leases, because their worker is gone. */
  endAll(): void {
    this.#active.clear();
    this.#credits.clear();
    this.#unwritten = 0;
    this.#reached = -Infinity;
    this.#queue.endLeases();
  }
}
