/** Keeps a worker alive: starts it, replaces it with back-off when it dies or cannot be made, ends it. */

import { asError, WorkerCrashedError } from '../../shared/errors.ts';
import type { ToCaller, ToWorker } from '../../shared/protocol.ts';
import type { Host, HostCallbacks } from './host.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

export interface SupervisorContext {
  /** May throw: the system may have no thread or no descriptor to give. */
  createHost(callbacks: HostCallbacks): Host;
  received(message: ToCaller): void;
  /** There is no worker; the next one comes in `pauseMs`, or at once if it is hurried meanwhile. */
  died(error: Error, pauseMs: number): void;
  /** Another one has been started. */
  replaced(): void;
  /** Whether another worker would end with the same error. */
  isFinal(error: Error): boolean;
  /** No worker will be started any more. */
  failed(error: Error): void;
}

/**
 * running: there is a worker · ending: it has failed, and its thread is told to end · dead: what it had is being settled,
 * and none is started before that is done · hurried: the same, and the next one comes at once · replacing: it comes later.
 */
type State = 'idle' | 'running' | 'ending' | 'dead' | 'hurried' | 'replacing' | 'stopped';

const MISSING: ReadonlySet<State> = new Set(['dead', 'hurried', 'replacing']);

export class Supervisor {
  readonly #context: SupervisorContext;
  #state: State = 'idle';
  #host: Host | undefined;
  #ended: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deathsInARow = 0;
  #started = 0;

  constructor(context: SupervisorContext) {
    this.#context = context;
  }

  get state(): State {
    return this.#state;
  }

  /** Workers that have been started, but for the first one. */
  get restarts(): number {
    return Math.max(0, this.#started - 1);
  }

  start(): void {
    if (this.#state === 'idle') this.#spawn();
  }

  /** Sends to the worker. Without one the message is left out, because the next worker is told everything anew. */
  post(message: ToWorker): void {
    if (this.#state === 'running') this.#host?.post(message);
  }

  /** The worker gets somewhere: the next death is the first one again. */
  thrives(): void {
    this.#deathsInARow = 0;
  }

  /** A caller waits: a missing worker is started at once, and the back-off begins anew, also for a death still to come. */
  hurry(): void {
    this.thrives();
    if (this.#state === 'dead') this.#state = 'hurried';
    if (this.#state === 'replacing') this.#replace();
  }

  /** A missing worker is not replaced any more. */
  retire(): void {
    if (!MISSING.has(this.#state)) return;
    clearTimeout(this.#timer);
    this.#state = 'stopped';
  }

  /** The worker cannot go on, and says why. */
  failed(error: Error): void {
    if (this.#state !== 'running') return;
    this.#state = 'ending';
    const ended = this.#end().catch(() => {}); // `stop` says so
    if (this.#context.isFinal(error)) this.#fail(error);
    else void ended.then(() => this.#state === 'ending' && this.#lost(error));
  }

  /** Ends the worker for good. Resolves when its thread is gone. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#ended ??= this.#host?.terminate();
    await this.#ended;
  }

  /** Returns whether there is a worker now. */
  #spawn(): boolean {
    try {
      const host: Host = this.#context.createHost({
        message: (message) => this.#received(host, message),
        exit: (error) => this.#died(host, error),
      });
      this.#began(host);
      return true;
    } catch (error) {
      this.#notMade(asError(error));
      return false;
    }
  }

  #began(host: Host): void {
    this.#host = host;
    this.#ended = undefined;
    this.#state = 'running';
    this.#started++;
  }

  #notMade(error: Error): void {
    if (this.#context.isFinal(error)) this.#fail(error);
    else this.#lost(new WorkerCrashedError(`no worker could be started: ${error.message}`, { cause: error }));
  }

  #fail(error: Error): void {
    this.#state = 'stopped';
    this.#context.failed(error);
  }

  /** What a dead worker had said is void: its leases are another one's. */
  #received(host: Host, message: ToCaller): void {
    if (this.#host === host) this.#context.received(message);
  }

  #died(host: Host, error: Error): void {
    if (this.#state === 'running' && this.#host === host) this.#lost(error);
  }

  /** Callers hear of what the worker had, and may call us back: the next one must not be given what is still being settled. */
  #lost(error: Error): void {
    this.#host = undefined;
    this.#state = 'dead';
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#deathsInARow++, LONGEST_PAUSE_MS);
    try {
      this.#context.died(error, pause);
    } finally {
      this.#settled(pause);
    }
  }

  /** Where none is to come any more, none does. */
  #settled(pause: number): void {
    if (this.#state === 'hurried') this.#replace();
    else if (this.#state === 'dead') this.#replaceIn(pause);
  }

  #replaceIn(pause: number): void {
    this.#state = 'replacing';
    this.#timer = setTimeout(() => this.#replace(), pause).unref();
  }

  #replace(): void {
    clearTimeout(this.#timer);
    if (this.#spawn()) this.#context.replaced();
  }
}
