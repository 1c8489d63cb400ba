/**
 * Native code of a worker thread that the thread's end must not cut short.
 *
 * A thread that is being terminated cannot throw an exception. Where koffi then throws (while it loads a library or binds a
 * function), Node ends the whole process: `FATAL ERROR: Error::ThrowAsJavaScriptException`. So the caller's side closes a gate
 * before it ends the thread: it waits until the thread has left its section, and the thread cannot enter another one.
 *
 *     open ──enter──> inside ──leave──> open ──close──> closed (for good)
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { OutspoolError } from './errors.ts';

const OPEN = 0;
const INSIDE = 1;
const CLOSED = 2;
const POLL_MS = 2;
/** Maximum time in ms that the exit of the process waits for a section. Loading takes some 15 ms on an idle core. */
const EXIT_WAIT_MS = 1000;

/** Registered, because the worker's entry and the producer's module may have loaded two copies of this module. */
const KEY = Symbol.for('outspool.native-section');
const holder = globalThis as { [KEY]?: Int32Array };

/** One word of shared memory for each worker thread. */
export const newNativeGate = (): SharedArrayBuffer => new SharedArrayBuffer(4);

/** Called by the worker thread: its native sections show in `gate` from now on. */
export function guardNativeSections(gate: SharedArrayBuffer): void {
  holder[KEY] = new Int32Array(gate);
}

/** Runs synchronous native work; not to be nested. @throws OutspoolError when the thread is about to end */
export function nativeSection<T>(work: () => T): T {
  const gate = holder[KEY];
  if (gate === undefined) return work();
  if (Atomics.compareExchange(gate, 0, OPEN, INSIDE) === CLOSED) throw new OutspoolError('this thread is being ended');
  try {
    return work();
  } finally {
    Atomics.store(gate, 0, OPEN);
    Atomics.notify(gate, 0);
  }
}

/** Returns whether the thread is outside, and then stays there. */
const close = (gate: Int32Array): boolean => Atomics.compareExchange(gate, 0, OPEN, CLOSED) !== INSIDE;

/** Resolves once the thread is outside of native sections for good, or after `timeoutMs`. */
export async function closeNativeGate(gate: SharedArrayBuffer, timeoutMs: number): Promise<void> {
  const word = new Int32Array(gate);
  const end = performance.now() + timeoutMs;
  while (!close(word) && performance.now() < end) await sleep(POLL_MS);
}

const gates = new Set<SharedArrayBuffer>();

/** At the exit of the process, which ends all threads: holds it up until they are outside. */
function closeAll(): void {
  const end = performance.now() + EXIT_WAIT_MS;
  for (const gate of gates) {
    const word = new Int32Array(gate);
    while (!close(word) && performance.now() < end) Atomics.wait(word, 0, INSIDE, end - performance.now());
  }
}

/** Closes the gate when the process exits, until the returned function is called. One listener for all of them. */
export function closeGateAtExit(gate: SharedArrayBuffer): () => void {
  if (gates.size === 0) process.on('exit', closeAll);
  gates.add(gate);
  return () => {
    gates.delete(gate);
    if (gates.size === 0) process.off('exit', closeAll);
  };
}
