/**
 * Asks who is in the cluster through a client of its own. A broker answers the requests of one connection in their order, so behind a
 * message that waits for a broker that hangs, every question would wait too.
 */

import { linked } from '../../../../shared/util/abort.ts';
import type { KafkaDriverOptions } from '../../driver.ts';
import { withoutStrangers } from '../../explain/strangers.ts';
import type { Ledger } from '../close/ledger.ts';
import type { MemberIds } from './describe-cluster.ts';
import { Inquiry } from './inquiry.ts';

const CONNECT_MS = 3000;
/** Time in ms in which all brokers but the one that hangs must answer. */
const ASK_MS = 500;
/** Time in ms without a question after which the client is closed. */
const IDLE_MS = 2000;

export class ClusterMembers {
  readonly #options: KafkaDriverOptions;
  readonly #ledger: Ledger;
  readonly #closing = new AbortController();
  #inquiry: Promise<Inquiry> | undefined;
  #asking: Promise<MemberIds> | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** `ledger` names the client while it is open. */
  constructor(options: KafkaDriverOptions, ledger: Ledger) {
    this.#options = options;
    this.#ledger = ledger;
  }

  /** Resolves with the brokers that `brokers` name. Rejects where none of them answers. Calls at a time share one answer. */
  ask(brokers: readonly number[]): Promise<MemberIds> {
    clearTimeout(this.#idle);
    this.#asking ??= this.#ask(brokers).finally(() => this.#asked());
    return this.#asking;
  }

  #asked(): void {
    this.#asking = undefined;
    if (!this.#closing.signal.aborted) this.#idle = setTimeout(() => void this.#release(), IDLE_MS).unref();
  }

  async #ask(brokers: readonly number[]): Promise<MemberIds> {
    this.#closing.signal.throwIfAborted();
    this.#inquiry ??= this.#open();
    const opening = this.#inquiry;
    const inquiry = await opening.catch((error: unknown) => {
      if (this.#inquiry === opening) this.#inquiry = undefined;
      throw error;
    });
    return inquiry.members(brokers, ASK_MS);
  }

  async #open(): Promise<Inquiry> {
    const checked = await withoutStrangers({ ...this.#options, connectTimeoutMs: CONNECT_MS });
    this.#closing.signal.throwIfAborted();
    const inquiry = new Inquiry(checked, this.#ledger);
    try {
      await linked([this.#closing.signal, AbortSignal.timeout(CONNECT_MS)], (over) => inquiry.connected(over));
      return inquiry;
    } catch (error) {
      await inquiry.close();
      throw error;
    }
  }

  async #release(): Promise<void> {
    const inquiry = this.#inquiry;
    this.#inquiry = undefined;
    await inquiry?.then((one) => one.close()).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#idle);
    await this.#asking?.catch(() => {});
    await this.#release();
  }
}
