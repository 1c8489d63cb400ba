/** Writes leases to the spool as they come, before any message is attempted. */

import { asError, SpoolError } from '../../shared/errors.ts';
import { SlotMemory } from '../../shared/memory/slot.ts';
import type { FromSpool, LeaseMessage } from '../../shared/protocol.ts';
import { runFrom } from '../../shared/sequence-ranges.ts';
import type { SpoolWords } from '../../shared/spool-progress.ts';
import { toWire } from '../../shared/wire-error.ts';
import type { Spool } from '../../spool/spool.ts';

export interface WriterContext {
  readonly spool: Spool;
  readonly words: SpoolWords;
  post(message: FromSpool): void;
}

export class LeaseWriter {
  readonly #context: WriterContext;
  /**
   * The error of a failed write, until `resume`. Leases that were under way at the failure are refused too, because they must
   * not overtake those that went back.
   */
  #stuck: Error | undefined;

  constructor(context: WriterContext) {
    this.#context = context;
  }

  /** Whether leases went back to the caller's side and have to come again. */
  get isStuck(): boolean {
    return this.#stuck !== undefined;
  }

  /** Returns the leases that are on disk now. The others go back to the caller's side. */
  write(leases: readonly LeaseMessage[]): readonly LeaseMessage[] {
    let count = 0;
    for (const lease of leases) {
      this.#stuck ??= this.#write(lease);
      if (this.#stuck !== undefined) break;
      count++;
    }
    if (count > 0) this.#context.post({ type: 'written', leases: count });
    if (this.#stuck !== undefined) this.#unstored(leases.slice(count), this.#stuck);
    return leases.slice(0, count);
  }

  /** Writes one lease. A replacement worker gets leases again that the dead worker had written already, so those messages are skipped. */
  #write({ shared, from, count, sequence }: LeaseMessage): Error | undefined {
    const { spool, words } = this.#context;
    const skipped = Math.max(0, words.written - sequence);
    if (skipped >= count) return undefined;
    if (words.isSealed) return new SpoolError('the producer has ended');
    const { records, offsets } = new SlotMemory(shared);
    try {
      spool.append(records.bytes, offsets.subarray(from + skipped, from + count), words.base + sequence + skipped);
    } catch (error) {
      return asError(error);
    }
    words.written = sequence + count;
    return undefined;
  }

  #unstored(leases: readonly LeaseMessage[], error: Error): void {
    this.#context.post({
      type: 'unstored',
      leases: leases.map(({ sequence, count }) => runFrom(sequence, count)),
      error: toWire(error),
    });
  }

  /** Allows writing again after a failure. */
  resume(): void {
    this.#stuck = undefined;
  }
}
