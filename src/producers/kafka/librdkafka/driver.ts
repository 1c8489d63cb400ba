/** The Kafka driver on librdkafka itself, in batches and off the caller's thread. */

import { OutspoolError } from '../../../errors.ts';
import type { Batch } from '../../../transport.ts';
import type { KafkaDriver, KafkaDriverOptions } from '../driver.ts';
import { LEDGER_BYTES, Ledger } from './ledger.ts';
import { loadNative } from './load.ts';
import { reclaimHandles } from './reclaim.ts';
import { Session } from './session.ts';

export { LEDGER_BYTES };

/**
 * Gives back what the driver of a dead worker has left behind; `memory` is the ledger that its options named. Where that
 * names nothing, nothing is loaded: another driver may be at work, because the library does not load here.
 */
export function reclaim(memory: SharedArrayBuffer, libraryPath?: string): boolean {
  const used = Ledger.all(memory).filter((ledger) => !ledger.isEmpty);
  return used.map((ledger) => reclaimHandles(loadNative(libraryPath), ledger)).includes(true);
}

export class LibrdkafkaDriver implements KafkaDriver {
  readonly #options: KafkaDriverOptions;
  readonly #ledgers: readonly Ledger[];
  #session: Session | undefined;

  constructor(options: KafkaDriverOptions) {
    this.#options = options;
    this.#ledgers = Ledger.all(options.ledger);
  }

  async open(signal: AbortSignal): Promise<void> {
    if (this.#session !== undefined) throw new OutspoolError('the driver is open: close it first');
    const session = new Session(loadNative(this.#options.libraryPath), this.#options, this.#ledgers);
    this.#session = session;
    await session.connected(signal);
  }

  async produceBatch(batch: Batch): Promise<void> {
    if (this.#session === undefined) throw new OutspoolError('the driver is not open');
    await this.#session.send(batch);
  }

  recall(): void {
    this.#session?.recall();
  }

  purge(): void {
    this.#session?.purge();
  }

  get heldUpMs(): number {
    return this.#session?.heldUpMs ?? 0;
  }

  get spent(): boolean {
    return this.#session?.spent ?? false;
  }

  async close(deadlineMs: number): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close(deadlineMs);
  }
}
