/** What the worker holds: leases of records that stay ours, within credits, because a port has no back-pressure. */

import { Credits } from '../../shared/credits.ts';
import { SLOT_RECORDS } from '../../shared/memory/slot.ts';
import type { LeaseMessage } from '../../shared/protocol.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { MessageIds } from './message-ids.ts';
import type { MessageQueue, RecordRange } from './message-queue.ts';

/**
 * At most this many leases, each of at most one slot, are with the worker, but for those that were overtaken: some 1 MiB. More fills longer pipes but makes
 * the worker work in longer bursts, which shows in the caller's event loop when both want the same core.
 */
const CREDITS = 16;

/** A credit is taken until what was leased has settled or, where it goes to disk first, until it is there. */
type Until = 'settled' | 'written';

export interface LeasesOptions {
  /** @default settled */
  readonly until?: Until;
  /** How many leases are with the worker at once. @default 16 */
  most?(): number | undefined;
  readonly ids?: Pick<MessageIds, 'keptOf'>;
}

export class Leases {
  readonly #queue: MessageQueue;
  readonly #until: Until;
  readonly #most: () => number | undefined;
  readonly #ids: Pick<MessageIds, 'keptOf'> | undefined;
  readonly #active = new Map<number, RecordRange>();
  readonly #credits = new Credits();
  /** On their way to disk. */
  #unwritten = 0;
  #nextId = 1;
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

  get(id: number): RecordRange | undefined {
    return this.#active.get(id);
  }

  /** Leases queued records as far as the credits go. `quota` says how many records the next lease may have. */
  take(quota: () => number = () => SLOT_RECORDS): LeaseMessage[] {
    const leases: LeaseMessage[] = [];
    while (this.#taken < (this.#most() ?? CREDITS)) {
      const range = this.#queue.lease(quota());
      if (range === undefined || range.count === 0) break;
      leases.push(this.#register(range));
    }
    return leases;
  }

  /** Whether the worker has not yet said of each lease that it is on disk, or cannot be. */
  get isUnanswered(): boolean {
    return this.#unwritten > 0;
  }

  /** Behind the newest lease that this worker has got; -Infinity where it has got none. */
  get reached(): number {
    return this.#reached;
  }

  get #taken(): number {
    return this.#until === 'written' ? this.#unwritten : this.#credits.taken;
  }

  #register(range: RecordRange): LeaseMessage {
    // Ids begin again at 0 after 2^31 leases, when those are long over. Negative ids are those of ranges that are read from disk.
    const id = this.#nextId++ & 0x7fffffff;
    this.#active.set(id, range);
    this.#credits.take(id);
    this.#unwritten++;
    const { slot, from, count } = range;
    this.#reached = slot.firstSequence + from + count;
    const sequence = slot.firstSequence + from;
    const ids = this.#ids?.keptOf(sequence, count);
    return { id, shared: slot.shared, from, count, sequence, ...(ids && { ids }) };
  }

  /** So many of those that were on their way are on disk. */
  written(leases: number): void {
    this.#unwritten -= leases;
  }

  /** Some of its records have settled. */
  moved(id: number): void {
    this.#credits.moved(id);
  }

  /** A lease whose records have all settled gives its credit back. */
  end(id: number): void {
    this.#active.delete(id);
    this.#credits.giveBack(id);
  }

  /** The worker could not take it: its records are queued again, in their place. Returns their numbers, as one run. */
  giveBack(id: number): NumberRun[] {
    const range = this.#active.get(id);
    if (range === undefined) return [];
    this.end(id);
    this.#unwritten--;
    this.#queue.giveBack(range);
    const first = range.slot.firstSequence + range.from;
    return [[first, first + range.count - 1]];
  }

  /** Ends all leases, their worker being gone. */
  endAll(): void {
    this.#active.clear();
    this.#credits.clear();
    this.#unwritten = 0;
    this.#reached = -Infinity;
    this.#queue.endLeases();
  }
}
