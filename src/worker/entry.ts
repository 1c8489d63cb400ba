/** What runs in the worker thread: builds the producer's hooks from its module and runs the delivery loop over them. */

import { inspect } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import type { TellThrottled } from '../shared/back-pressure.ts';
import { buildHooks, enterWorker } from '../shared/build-side.ts';
import type { Logger } from '../shared/log/logger.ts';
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

/** The thread cannot go on. The caller's side ends it, should it not have ended by itself. */
export interface Crash {
  readonly type: 'crashed';
  readonly error: WireError;
}

/**
 * Loads the class and runs the loop, which lives on by the port. A loop that throws ends the thread, and the caller's side
 * replaces it. `filesClosed` resolves when nothing is being read any more.
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

/** The caller's side ends the thread when it hears of the failure. */
const after = (filesClosed: () => Promise<void>) => async (error: unknown) => {
  await filesClosed();
  throw error;
};

async function hooks({ source, ledger }: WorkerStart, post: (message: ToCaller) => void): Promise<Transport> {
  const Class = await loadClass(source);
  const tellThrottled: TellThrottled = (throttled) => post({ type: 'throttled', throttled });
  return buildHooks({ ledger, log: portLogger(post), tellThrottled }, () => new Class(source.config) as Transport);
}

/** A logger whose lines come out on the caller's side. A line of a hook must not cost a message: it never throws. */
function portLogger(post: (message: ToCaller) => void): Logger {
  const at = (level: LogLevel) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    try {
      post({ type: 'log', level, fields, message });
    } catch {
      // Functions, for instance, do not cross the thread.
      post({ type: 'log', level, fields: { fields: inspect(fields) }, message: String(message) });
    }
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
