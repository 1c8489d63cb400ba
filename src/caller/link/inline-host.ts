/** Runs a delivery loop on the caller's own thread, for clients that cannot run in a worker. It waives I4 and no other invariant. */

import { asError } from '../../shared/errors.ts';
import type { ToCaller, ToWorker, WorkerStart } from '../../shared/protocol.ts';
import type { Transport } from '../../shared/transport.ts';
import { toWire } from '../../shared/wire-error.ts';
import { LoopHost } from '../../worker/loop-host.ts';
import type { Host, HostCallbacks } from './host.ts';

/** What an inline loop starts from. It has no `source`, because the class is already loaded. */
export type InlineStart = Omit<WorkerStart, 'source'>;

export class InlineHost implements Host {
  readonly #callbacks: HostCallbacks;
  #host: LoopHost | undefined;
  #run: Promise<void> | undefined;

  constructor(build: () => Transport, start: InlineStart, callbacks: HostCallbacks) {
    this.#callbacks = callbacks;
    try {
      this.#host = new LoopHost(build(), start, (message) => this.#deliver(message));
      this.#run = this.#host.run().catch((error) => callbacks.exit(asError(error)));
    } catch (error) {
      this.#deliver({ type: 'failed', error: toWire(error) });
    }
  }

  /** Delivers the message in a later microtask, as a message from another thread would arrive, because the engine is busy now. */
  #deliver(message: ToCaller): void {
    queueMicrotask(() => this.#callbacks.message(message));
  }

  post(message: ToWorker): void {
    queueMicrotask(() => this.#host?.receive(message));
  }

  async terminate(): Promise<void> {
    this.#host?.receive({ type: 'abort' });
    await this.#run;
  }
}
