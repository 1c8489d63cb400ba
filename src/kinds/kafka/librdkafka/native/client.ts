/** One librdkafka client with all of its native handles, from its creation to its end. */

import { nativeSection } from '../../../../shared/util/native-section.ts';
import { destroyDetached, destroySoon, RETRY_MS, threadsGone } from '../close/destroy.ts';
import { skipExitCleanup } from '../close/exit-cleanup.ts';
import type { Ledger } from '../close/ledger.ts';
import { reclaimHandles } from '../close/reclaim.ts';
import { createClient, type Properties } from './configure.ts';
import type { Pointer } from './functions.ts';
import type { Native } from './native.ts';
import { Topics } from './topics.ts';
import { Wakeup } from './wakeup.ts';

/** Flags of `rd_kafka_purge`: what it takes back. No purge waits for the threads that hold messages. */
const PURGE = {
  queued: 0x1 | 0x4,
  /** For a transaction that is being aborted. Later messages reuse the sequence numbers of those that are taken back. */
  aborted: 0x1 | 0x4 | 0x100,
  everything: 0x1 | 0x2 | 0x4,
} as const;
/** Maximum time in ms to wait for the end of a client. Threads that hang end later, on their own. */
const THREADS_GONE_MS = 100;

/** Whether the client uses OpenSSL: for TLS, and for the hashes of SCRAM. */
const needsOpenSsl = ({ 'security.protocol': protocol = 'PLAINTEXT' }: Properties): boolean =>
  protocol.toUpperCase() !== 'PLAINTEXT';

export class Client {
  readonly native: Native;
  readonly properties: Properties;
  readonly handle: Pointer;
  readonly queue: Pointer;
  readonly topics: Topics;
  readonly wakeup: Wakeup;
  readonly #ledger: Ledger;
  readonly #threadsBefore: number;
  #closed = false;

  /** `create` makes a producer or a consumer. */
  constructor(native: Native, properties: Properties, ledger: Ledger, onWake: () => void, create = createClient) {
    const { rdkafka } = native;
    this.native = native;
    this.properties = properties;
    this.#ledger = ledger;
    this.#threadsBefore = rdkafka.threadCount();
    if (needsOpenSsl(properties)) nativeSection(() => skipExitCleanup(native));
    // The entry of the client is made first and removed last. If it is free, the other entries are free too.
    this.handle = ledger.set('client', create(native, properties), (client) => destroySoon(native, client));
    try {
      this.queue = ledger.set('queue', rdkafka.queueMain(this.handle), rdkafka.queueDestroy);
      rdkafka.setLogQueue(this.handle, 0);
      this.topics = new Topics(native, this.handle, ledger);
      this.wakeup = new Wakeup(native, this.queue, ledger, onWake);
    } catch (error) {
      reclaimHandles(native, ledger);
      throw error;
    }
  }

  /** The fatal error after which the client is unusable; 0 while it has none. */
  get fatalCode(): number {
    return this.#closed ? 0 : this.native.rdkafka.fatalError(this.handle, 0, 0);
  }

  /** Whether the native client has ended. After that, no native function may be called with it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a broker has answered, from cached metadata. The cluster id exists even while there is no controller. */
  answered(): boolean {
    const { rdkafka } = this.native;
    if (rdkafka.controllerId(this.handle, 0) >= 0) return true;
    const name = rdkafka.clusterId(this.handle, 0);
    if (name !== 0) rdkafka.memFree(this.handle, name);
    return name !== 0;
  }

  purge(what: keyof typeof PURGE): void {
    if (!this.#closed) this.native.rdkafka.purge(this.handle, PURGE[what]);
  }

  /** Ends the client on a native thread of its own, and waits for that, `budgetMs` at most. May be called twice. */
  async close(budgetMs: number): Promise<void> {
    if (this.#closed) return;
    this.#release();
    this.#end();
    await threadsGone(this.native, this.#threadsBefore, Math.min(budgetMs, THREADS_GONE_MS));
  }

  /**
   * Leaves the client to a call that still uses it, and ends it when that call has returned. Nothing waits for it, so another
   * client can replace it. If the client ended earlier, the thread of the call would wait for ever, and with it the end of the
   * process.
   */
  closeBehind(call: Promise<void>): void {
    if (this.#closed) return;
    this.#release();
    this.#ledger.take('client');
    void call.then(() => destroySoon(this.native, this.handle));
  }

  #release(): void {
    this.#closed = true;
    // Another client may get the same address.
    this.native.throttles.take(this.handle);
    this.wakeup.close();
    this.topics.clear();
    this.#ledger.take('queue');
    this.native.rdkafka.queueDestroy(this.queue);
  }

  /** Ends the client. While the system has no thread for that, the ledger still names it, because this thread may end before. */
  #end(): void {
    this.#ledger.take('client');
    if (destroyDetached(this.native, this.handle)) return;
    this.#ledger.set('client', this.handle, (client) => destroySoon(this.native, client));
    setTimeout(() => this.#end(), RETRY_MS).unref();
  }
}
