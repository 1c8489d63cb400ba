/** One librdkafka client with everything that hangs on it, from its creation to its end. */

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

/** What is given back; in both cases without waiting for the threads that hold it. */
const PURGE = {
  queued: 0x1 | 0x4,
  /** Of a transaction that is being aborted: what follows takes the sequence numbers of what is taken back. */
  aborted: 0x1 | 0x4 | 0x100,
  everything: 0x1 | 0x2 | 0x4,
} as const;
/** How long the end of a client is worth waiting for; where its threads hang they end later, on their own. */
const THREADS_GONE_MS = 100;

/** TLS, and the hashes of SCRAM. */
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

  constructor(native: Native, properties: Properties, ledger: Ledger, onWake: () => void) {
    const { rdkafka } = native;
    this.native = native;
    this.properties = properties;
    this.#ledger = ledger;
    this.#threadsBefore = rdkafka.threadCount();
    if (needsOpenSsl(properties)) nativeSection(() => skipExitCleanup(native));
    // The entry of the client is made first and removed last: where it is free, so are the others.
    this.handle = ledger.set('client', createClient(native, properties), (client) => destroySoon(native, client));
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

  /** Why the client has given up for good; 0 while it has not. */
  get fatalCode(): number {
    return this.#closed ? 0 : this.native.rdkafka.fatalError(this.handle, 0, 0);
  }

  /** Whether the native client is gone: nothing here may be called any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Whether a broker has answered. Both figures come with the first metadata and are cached, so this asks nobody; the
   * cluster has a name where it has no controller for the moment.
   */
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

  /** Ends the client on a thread of its own and waits a little for that, `budgetMs` at most. Safe twice. */
  async close(budgetMs: number): Promise<void> {
    if (this.#closed) return;
    this.#release();
    this.#end();
    await threadsGone(this.native, this.#threadsBefore, Math.min(budgetMs, THREADS_GONE_MS));
  }

  /**
   * Leaves the client to a call that still uses it, and ends it when that has returned. Nothing waits for it: another client
   * can take its place. To end it earlier would have the thread of the call wait for ever, and with it the end of the process.
   */
  closeBehind(call: Promise<void>): void {
    if (this.#closed) return;
    this.#release();
    this.#ledger.take('client');
    void call.then(() => destroySoon(this.native, this.handle));
  }

  #release(): void {
    this.#closed = true;
    // Another client may get the address.
    this.native.throttles.take(this.handle);
    this.wakeup.close();
    this.topics.clear();
    this.#ledger.take('queue');
    this.native.rdkafka.queueDestroy(this.queue);
  }

  /** Until the system has a thread for it, the ledger goes on naming the client: this thread may end before that. */
  #end(): void {
    this.#ledger.take('client');
    if (destroyDetached(this.native, this.handle)) return;
    this.#ledger.set('client', this.handle, (client) => destroySoon(this.native, client));
    setTimeout(() => this.#end(), RETRY_MS).unref();
  }
}
