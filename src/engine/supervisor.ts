/** Keeps a worker alive: starts it, replaces it with back-off when it dies, ends it. */

import type { Host, HostCallbacks } from '../worker/host.ts';
import type { ToCaller, ToWorker } from '../worker/protocol.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

export interface SupervisorContext {
  createHost(callbacks: HostCallbacks): Host;
  received(message: ToCaller): void;
  /** The worker is gone; its replacement comes in `pauseMs`. */
  died(error: Error, pauseMs: number): void;
  /** A replacement has been started. */
  replaced(): void;
}

type State = 'idle' | 'running' | 'replacing' | 'stopped';

export class Supervisor {
  readonly #context: SupervisorContext;
  #state: State = 'idle';
  #host: Host | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deathsInARow = 0;
  restarts = 0;

  constructor(context: SupervisorContext) {
    this.#context = context;
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    if (this.#state === 'idle') this.#spawn();
  }

  /** Sends to the worker; without one there is nobody to tell: whoever replaces it is told everything anew. */
  post(message: ToWorker): void {
    if (this.#state === 'running') this.#host?.post(message);
  }

  /** The worker gets somewhere: the next death is the first one again. */
  thrives(): void {
    this.#deathsInARow = 0;
  }

  /** Replaces a dead worker without waiting any longer. */
  hurry(): void {
    if (this.#state === 'replacing') this.#replace();
  }

  /** Ends the worker for good. Resolves when its thread is gone. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    await this.#host?.terminate();
  }

  #spawn(): void {
    this.#state = 'running';
    const host = this.#context.createHost({
      message: (message) => this.#context.received(message),
      exit: (error) => this.#died(host, error),
    });
    this.#host = host;
  }

  #died(host: Host, error: Error): void {
    if (this.#state !== 'running' || this.#host !== host) return;
    this.#state = 'replacing';
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#deathsInARow++, LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => this.#replace(), pause).unref();
    this.#context.died(error, pause);
  }

  #replace(): void {
    clearTimeout(this.#timer);
    this.restarts++;
    this.#spawn();
    this.#context.replaced();
  }
}
