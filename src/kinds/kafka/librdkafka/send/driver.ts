/** The Kafka driver on librdkafka. It sends batches in the worker thread. */

import { asError, ConnectError, OutspoolError } from '../../../../shared/errors.ts';
import type { Batch } from '../../../../shared/transport.ts';
import type { KafkaDriver, KafkaDriverOptions } from '../../driver.ts';
import { withoutStrangers } from '../../explain/strangers.ts';
import { LEDGER_BYTES, Ledger, type Ledgers } from '../close/ledger.ts';
import { reclaimHandles } from '../close/reclaim.ts';
import { loadNative } from '../native/load.ts';
import { TransactionMemory } from '../transactions/transaction-memory.ts';
import { Session } from './session.ts';

export { LEDGER_BYTES };

/** Time in ms for the messages in flight on a client that is replaced to come back. */
const REPLACE_TIMEOUT_MS = 2000;

/** Releases what the driver of a dead worker has left in `memory`, its ledger. Loads no library for an empty ledger. */
export function reclaim(memory: SharedArrayBuffer, libraryPath?: string): boolean {
  const used = Ledger.all(memory).filter((ledger) => !ledger.isEmpty);
  return used.map((ledger) => reclaimHandles(loadNative(libraryPath), ledger)).includes(true);
}

export class LibrdkafkaDriver implements KafkaDriver {
  readonly #options: KafkaDriverOptions;
  readonly #ledgers: Ledgers;
  readonly #memory = new TransactionMemory();
  #session: Session | undefined;
  #closes = 0;
  #heldUpMs = 0;

  constructor(options: KafkaDriverOptions) {
    this.#options = options;
    this.#ledgers = Ledger.byUse(options.ledger);
  }

  async open(signal: AbortSignal): Promise<void> {
    if (this.#session !== undefined) throw new OutspoolError('the driver is open: close it first');
    await this.#open(signal);
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const native = loadNative(this.#options.libraryPath);
    const session = new Session(native, await this.#checkedOptions(), this.#ledgers, this.#memory);
    this.#session = session;
    await session.connected(signal);
    return session;
  }

  /** @throws ConnectError when no server is left, or the driver was closed meanwhile */
  async #checkedOptions(): Promise<KafkaDriverOptions> {
    const closes = this.#closes;
    const options = await withoutStrangers(this.#options);
    if (this.#closes !== closes) throw new ConnectError('closed while it was connecting');
    return options;
  }

  async produceBatch(batch: Batch): Promise<void> {
    if (this.#session === undefined) throw new OutspoolError('the driver is not open');
    for (let session = this.#session; ; session = await this.#replace(session, batch.signal)) {
      if (!session.outdated) await session.send(batch);
      if (!session.outdated || batch.signal.aborted) return;
    }
  }

  /** Opens a fresh client at once. The loop's resets are for outages, and have pauses. */
  async #replace(session: Session, signal: AbortSignal): Promise<Session> {
    await session.close(REPLACE_TIMEOUT_MS);
    this.#heldUpMs += session.heldUpMs;
    if (this.#session !== session) throw new OutspoolError('the driver was closed');
    return this.#open(signal).catch((error: unknown) => {
      throw Object.assign(asError(error), { needsReset: true });
    });
  }

  recall(): void {
    this.#session?.recall();
  }

  purge(): void {
    this.#session?.purge();
  }

  get heldUpMs(): number {
    return this.#heldUpMs + (this.#session?.heldUpMs ?? 0);
  }

  get spent(): boolean {
    return this.#session?.spent ?? false;
  }

  async close(deadlineMs: number): Promise<void> {
    const session = this.#session;
    this.#closes++;
    this.#session = undefined;
    await session?.close(deadlineMs);
  }
}
