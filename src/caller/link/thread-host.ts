/** A worker thread, seen from the caller's side. The only file that knows Piscina. */

import { statSync } from 'node:fs';
import type { EventLoopUtilization } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, type ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { errorText } from '../../shared/error-text.ts';
import { asError, ConfigError, WorkerCrashedError } from '../../shared/errors.ts';
import { pathOf } from '../../shared/modules/class-file.ts';
import { LEAVE_OUT } from '../../shared/modules/not-bundled.ts';
import type { LogLevel, ToCaller, ToWorker, WorkerStart } from '../../shared/protocol.ts';
import { newPulse, PulseWatch } from '../../shared/pulse.ts';
import { closeGateAtExit, closeNativeGate, endNativeGate, newNativeGate } from '../../shared/util/native-section.ts';
import { fromWire } from '../../shared/wire-error.ts';
import type { Crash, WorkerTask } from '../../worker/entry.ts';
import type { Host, HostCallbacks } from './host.ts';

const ENTRY = fileURLToPath(new URL('../../worker/boot.cjs', import.meta.url));

/** How much less of a contended core the worker gets, in the system's `nice` levels. */
const DEFAULT_NICENESS = 10;

/**
 * Maximum time in ms that the end of a thread waits until it has loaded its modules, and for native code: while the thread has nothing
 * to do, and in all. One that gets little of a busy core loads for long; one whose module never comes has nothing to do. The wait does
 * not hold the process open.
 */
const SECTION_IDLE_MS = 30_000;
const SECTION_LONGEST_MS = 600_000;

/**
 * A thread that is busy for more than a hundredth of its time has something to do: the time in which it waits for its core, after what
 * it slept for has come, counts as idle in Node. The beats of a thread that has nothing to do take a fraction of that.
 */
const BUSY_WEIGHT = 100;

/** How long a thread has had nothing to do, in ms, as a clock that can go backwards. */
export const unoccupiedMs = ({ idle, active }: EventLoopUtilization): number => idle - BUSY_WEIGHT * active;

/** Longer than any attempt whose hook gives the thread back now and then. */
const DEFAULT_SILENT_MS = 30_000;

const BLOCKED =
  'the worker thread does not come back to its event loop: nothing is delivered until what holds it (most likely a hook) returns';

export interface ThreadOptions {
  readonly resourceLimits?: ResourceLimits;
  readonly niceness?: number;
  /** How long a thread that does not come back to its event loop goes unreported. */
  readonly silentMs?: number;
}

export class WorkerHandle implements Host {
  readonly #pool: Piscina;
  readonly #port: MessagePort;
  readonly #callbacks: HostCallbacks;
  readonly #watch: PulseWatch;
  readonly #nativeGate = newNativeGate();
  readonly #leaveExit: () => void;
  #lastError: Error | undefined;
  /** The module that the thread is loading; undefined from the first word of its loop. */
  #loading: string | undefined;

  constructor(start: WorkerStart, callbacks: HostCallbacks, options: ThreadOptions = {}) {
    assertEntry();
    this.#loading = pathOf(start.source.module);
    this.#callbacks = callbacks;
    this.#pool = new Piscina({
      filename: ENTRY,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // The default blocks the idle worker's event loop: no polls, no heartbeats, no timers.
      atomics: 'disabled',
      niceIncrement: niceIncrement(options),
      ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
    });
    this.#pool.on('error', (thrown: unknown) => this.#noteError(thrown));
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.on('message', (message: ToCaller | Crash) => this.#received(message));
    // What holds the process open is the engine's decision, not the port's.
    this.#port.unref();
    const pulse = newPulse();
    const { silentMs = DEFAULT_SILENT_MS } = options;
    try {
      this.#start({ ...start, port: port2, pulse, silentMs, nativeGate: this.#nativeGate });
    } catch (error) {
      // The pool is left as it is: destroyed, it would reject a task of which this caller has no promise.
      this.#port.close();
      throw error;
    }
    this.#leaveExit = closeGateAtExit(this.#nativeGate);
    this.#watch = this.#watchOver(pulse, silentMs);
  }

  #start(task: WorkerTask): void {
    const started = this.#pool.run(task, { transferList: [task.port] });
    this.#pool.threads[0]?.once('exit', (code) => this.#exited(code));
    started.catch((thrown: unknown) => {
      this.#noteError(thrown);
      // A thread that could not begin is of no use; where it has ended already, this is nothing.
      void this.#pool.threads[0]?.terminate();
    });
  }

  #watchOver(pulse: SharedArrayBuffer, silentMs: number): PulseWatch {
    const log = (level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string) =>
      this.#callbacks.message({ type: 'log', level, fields, message });
    return new PulseWatch(pulse, silentMs, {
      stopped: (ms) => log('error', { silentMs: ms }, BLOCKED),
      back: () => log('info', {}, 'the worker thread is back'),
    });
  }

  #received(message: ToCaller | Crash): void {
    if (message.type === 'crashed') void this.#crashed(fromWire(message.error));
    else {
      if (message.type !== 'log') this.#loading = undefined;
      this.#callbacks.message(message);
    }
  }

  /** Code in the thread may have caught the exception that would have ended it. */
  async #crashed(error: Error): Promise<void> {
    this.#noteError(error);
    await this.#closeGate();
    await this.#pool.threads[0]?.terminate();
  }

  async #closeGate(): Promise<void> {
    const end = performance.now() + SECTION_LONGEST_MS;
    const loop = this.#pool.threads[0]?.performance;
    const clock = () =>
      loop === undefined || performance.now() >= end
        ? Number.POSITIVE_INFINITY
        : unoccupiedMs(loop.eventLoopUtilization());
    await closeNativeGate(this.#nativeGate, SECTION_IDLE_MS, clock);
  }

  /** The code in a thread may throw anything. */
  #noteError(thrown: unknown): void {
    this.#lastError ??= asError(thrown);
  }

  #exited(code: number): void {
    endNativeGate(this.#nativeGate);
    this.#leaveExit();
    this.#watch.end();
    const cause = this.#lastError;
    const during = this.#loading === undefined ? '' : ` while it loaded ${this.#loading}`;
    const text = `the worker thread ended with code ${code}${during}${cause ? `: ${errorText(cause)}` : ''}`;
    this.#port.close();
    this.#callbacks.exit(new WorkerCrashedError(text, { cause }));
    void this.#pool.destroy();
  }

  post(message: ToWorker): void {
    this.#port.postMessage(message);
  }

  async terminate(): Promise<void> {
    this.#watch.end();
    this.#port.close();
    await this.#closeGate();
    await this.#pool.destroy();
    this.#leaveExit();
  }
}

/** A bundler leaves out a file that no import names. @throws ConfigError, because no other attempt would find it */
export function assertEntry(entry = ENTRY): void {
  if (statSync(entry, { throwIfNoEntry: false }) !== undefined) return;
  throw new ConfigError(`the file of the worker thread is not at ${entry}: ${LEAVE_OUT}`);
}

/** Only Linux has a niceness of its own for each thread; elsewhere it would slow the whole process down. */
const niceIncrement = ({ niceness = DEFAULT_NICENESS }: ThreadOptions): number =>
  process.platform === 'linux' ? niceness : 0;
