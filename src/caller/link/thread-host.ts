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
import type { LoopTimes } from './loop-times.ts';

const ENTRY = fileURLToPath(new URL('../../worker/boot.cjs', import.meta.url));

/** By how many of the system's `nice` levels the worker steps back where cores are contended. */
const DEFAULT_NICENESS = 10;

/**
 * Longest wait, in ms, before a thread is ended, until it has loaded its modules and has left native code. The first limit counts time in
 * which the thread has nothing to do, the second all time. A thread that gets little of a busy core loads for long, while one whose module
 * never arrives has nothing to do. The wait does not keep the process alive.
 */
const SECTION_IDLE_MS = 30_000;
const SECTION_LONGEST_MS = 600_000;

/**
 * Weight of busy time against idle time. A thread that is busy for more than a hundredth of its time has something to do. Node also counts
 * as idle the time in which a thread waits for its core after its event has come. The beats of an idle thread take a fraction of that.
 */
const BUSY_WEIGHT = 100;

/** Returns how long, in ms, a thread has had nothing to do. This clock can go backwards. */
export const unoccupiedMs = ({ idle, active }: EventLoopUtilization): number => idle - BUSY_WEIGHT * active;

/** In ms. It is longer than any attempt whose hook returns to the event loop from time to time. */
const DEFAULT_SILENT_MS = 30_000;

const BLOCKED =
  'the worker thread does not come back to its event loop: nothing is delivered until what holds it (most likely a hook) returns';

export interface ThreadOptions {
  readonly resourceLimits?: ResourceLimits;
  readonly niceness?: number;
  /** Time in ms after which a thread that does not return to its event loop is reported. @default 30000 */
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
  /** The module that the thread is loading; undefined from the first message of its loop on. */
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
      // The default blocks the event loop of an idle worker, so that it has no polls, heartbeats or timers.
      atomics: 'disabled',
      niceIncrement: niceIncrement(options),
      ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
    });
    this.#pool.on('error', (thrown: unknown) => this.#noteError(thrown));
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.on('message', (message: ToCaller | Crash) => this.#received(message));
    // The engine decides what keeps the process alive, so the port must not.
    this.#port.unref();
    const pulse = newPulse();
    const { silentMs = DEFAULT_SILENT_MS } = options;
    try {
      this.#start({ ...start, port: port2, pulse, silentMs, nativeGate: this.#nativeGate });
    } catch (error) {
      // The pool is not destroyed, because it would then reject a task whose promise this caller does not have.
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
      // Ends a thread that could not begin. If the thread has ended already, this does nothing.
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

  /** Ends the thread after an uncaught exception, because code in the thread may have caught the exception that would have ended it. */
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

  /** Keeps the first error. Code in a thread may throw any value. */
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

  get loopTimes(): LoopTimes | undefined {
    const times = this.#pool.threads[0]?.performance.eventLoopUtilization();
    return times && { activeMs: times.active, idleMs: times.idle };
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

/** Checks that the worker's file exists, because a bundler leaves out files that no import names. @throws ConfigError, so no retry */
export function assertEntry(entry = ENTRY): void {
  if (statSync(entry, { throwIfNoEntry: false }) !== undefined) return;
  throw new ConfigError(`the file of the worker thread is not at ${entry}: ${LEAVE_OUT}`);
}

/** Only Linux has a niceness for each thread. On other systems it would slow the whole process down. */
const niceIncrement = ({ niceness = DEFAULT_NICENESS }: ThreadOptions): number =>
  process.platform === 'linux' ? niceness : 0;
