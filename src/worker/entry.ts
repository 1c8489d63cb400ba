/**
 * Entry of the worker thread (one for each producer): builds the producer's hooks from its module and runs the delivery loop
 * over them. The folder holds everything that runs only in this thread.
 */

import { inspect } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import type { TellThrottled } from '../shared/back-pressure.ts';
import { buildHooks, enterWorker } from '../shared/build-side.ts';
import type { TellStatistics } from '../shared/client-statistics.ts';
import { logLine } from '../shared/log/log-line.ts';
import type { Logger, LogMethod } from '../shared/log/logger.ts';
import type { LogLevel, ToCaller, ToWorker, WorkerStart } from '../shared/protocol.ts';
import { beat } from '../shared/pulse.ts';
import type { Transport } from '../shared/transport.ts';
import { guardNativeSections, loadSection } from '../shared/util/native-section.ts';
import { callApart, reportUncaught, runApart } from '../shared/util/uncaught.ts';
import { toWire, type WireError } from '../shared/wire-error.ts';
import { loadClass } from './load-class.ts';
import { LoopHost } from './loop-host.ts';

export interface WorkerTask extends WorkerStart {
  readonly port: MessagePort;
  /** See pulse.ts. */
  readonly pulse: SharedArrayBuffer;
  readonly silentMs: number;
  /** See native-section.ts. */
  readonly nativeGate: SharedArrayBuffer;
}

/** Reports that the thread cannot go on. The caller's side ends the thread if it has not ended by itself. */
export interface Crash {
  readonly type: 'crashed';
  readonly error: WireError;
}

/**
 * Loads the class and starts the loop, which the port keeps alive. A loop that throws ends the thread, and the caller's side
 * replaces it. `filesClosed` resolves when no file is being read any more.
 */
export default async function start(task: WorkerTask, filesClosed: () => Promise<void>): Promise<void> {
  enterWorker();
  guardNativeSections(task.nativeGate);
  beat(task.pulse, task.silentMs);
  const { port } = task;
  const post = (message: ToCaller | Crash) => port.postMessage(message);
  reportUncaught((error) => post({ type: 'crashed', error: toWire(error) }));
  try {
    const host = new LoopHost(await loadSection(() => hooks(task, post).catch(after(filesClosed))), task, post);
    port.on('message', (message: ToWorker) => callApart(() => host.receive(message)));
    runApart(() => host.run());
  } catch (error) {
    post({ type: 'failed', error: toWire(error) });
  }
}

/** Waits until no file is open before a failure is reported, because the caller's side then ends the thread. */
const after = (filesClosed: () => Promise<void>) => async (error: unknown) => {
  await filesClosed();
  throw error;
};

async function hooks({ source, ledger }: WorkerStart, post: (message: ToCaller) => void): Promise<Transport> {
  const Class = await loadClass(source);
  const tellThrottled: TellThrottled = (throttled) => post({ type: 'throttled', throttled });
  const tellStatistics: TellStatistics = (statistics) => post({ type: 'statistics', statistics });
  const context = { ledger, log: portLogger(post), tellThrottled, tellStatistics };
  return buildHooks(context, () => new Class(source.config) as Transport);
}

/** Returns a logger that writes its lines on the caller's side. It never throws, because a log line of a hook must not cost a message. */
function portLogger(post: (message: ToCaller) => void): Logger {
  const at =
    (level: LogLevel): LogMethod =>
    (...given) => {
      try {
        const [fields, message] = logLine(...given);
        post({ type: 'log', level, fields, message });
      } catch {
        // Some values, such as functions, cannot be cloned to the other thread.
        const [fields, message] = given;
        post({ type: 'log', level, fields: { fields: inspect(fields) }, message: textOf(message) });
      }
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Returns a text also for what cannot be made one. */
const textOf = (message: unknown): string => (typeof message === 'string' ? message : inspect(message));
