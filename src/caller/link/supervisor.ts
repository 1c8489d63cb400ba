/** Keeps a worker running. It starts the worker, replaces it with back-off when it dies or cannot be started, and ends it. */

import { asError, WorkerCrashedError } from '../../shared/errors.ts';
import type { ToCaller, ToWorker } from '../../shared/protocol.ts';
import type { Host, HostCallbacks } from './host.ts';
import { type LoopTimes, LoopTimesOfAll } from './loop-times.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

export interface SupervisorContext {
  /** Starts a worker. May throw, because the system may be out of threads or descriptors. */
  createHost(callbacks: HostCallbacks): Host;
  received(message: ToCaller): void;
  /** There is no worker. The next one starts in `pauseMs`, or at once if it is hurried meanwhile. */
  died(error: Error, pauseMs: number): void;
  /** Another worker has been started. */
  replaced(): void;
  /** Whether another worker would end with the same error. */
  isFinal(error: Error): boolean;
  /** The producer has failed, and no further worker is started. */
  failed(error: Error): void;
}

/**
 * running: there is a worker · ending: it has failed, and its thread was told to end · dead: its messages are being settled, and no
 * worker starts before that is done · hurried: the same, and the next one starts at once · replacing: the next one starts after a pause.
 *
 *     idle ──start()──> running ──failed()──> ending ──thread ended──> dead
 *                        ^   └──────────────thread died────────────────^ │
 *                        ├──────settled──────── hurried <────hurry()─────┤
 *                        └─pause, or hurry()── replacing <───settled─────┘
 *
 * A worker that cannot be started counts as dead. `stop`, `retire` and a final error lead to `stopped`.
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
  readonly #loopTimes = new LoopTimesOfAll();

  constructor(context: SupervisorContext) {
    this.#context = context;
  }

  get state(): State {
    return this.#state;
  }

  /** Number of workers that have been started after the first one. */
  get restarts(): number {
    return Math.max(0, this.#started - 1);
  }

  /** Times of the event loops of all workers so far. */
  get loopTimes(): LoopTimes {
    return this.#loopTimes.with(this.#host?.loopTimes);
  }

  start(): void {
    if (this.#state === 'idle') this.#spawn();
  }

  /** Sends to the worker. Without a worker the message is dropped, because the next worker is told everything anew. */
  post(message: ToWorker): void {
    if (this.#state === 'running') this.#host?.post(message);
  }

  /** Resets the back-off, because the worker makes progress. */
  thrives(): void {
    this.#deathsInARow = 0;
  }

  /** Starts a missing worker at once, because a caller waits. The back-off begins anew, even for a death that is still to come. */
  hurry(): void {
    this.thrives();
    if (this.#state === 'dead') this.#state = 'hurried';
    if (this.#state === 'replacing') this.#replace();
  }

  /** Stops the replacement of a missing worker. */
  retire(): void {
    if (!MISSING.has(this.#state)) return;
    clearTimeout(this.#timer);
    this.#state = 'stopped';
  }

  /** The worker has reported that it cannot go on. */
  failed(error: Error): void {
    if (this.#state !== 'running') return;
    this.#state = 'ending';
    const ended = this.#end().catch(() => {}); // `stop` rejects with this error
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
    this.#loopTimes.begin();
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

  /** Passes on messages of the current worker. Those of a dead one are ignored, because its leases now belong to another worker. */
  #received(host: Host, message: ToCaller): void {
    if (this.#host === host) this.#context.received(message);
  }

  #died(host: Host, error: Error): void {
    if (this.#state === 'running' && this.#host === host) this.#lost(error);
  }

  /**
   * Settles the dead worker's messages before the next worker may start. Callers are told of them and may call back into this producer, and
   * the next worker must not get messages that are still being settled.
   */
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

  /** Starts the next worker, unless the producer was stopped while the messages settled. */
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
