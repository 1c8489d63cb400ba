/**
 * Protects work of a worker thread that the thread's end must not cut short.
 *
 * Native code: a thread that is being terminated cannot throw an exception. Where koffi then throws (while it loads a library or
 * binds a function), Node ends the whole process: `FATAL ERROR: Error::ThrowAsJavaScriptException`.
 *
 * Loading of modules: the files that Node has open at that moment stay open for as long as the process lives.
 *
 * So the caller's side closes a gate before it ends the thread. It waits until the thread has left its section, and the thread
 * cannot enter another one. A thread begins in `loading`, with the modules of its entry.
 *
 *     loading ──loaded──> open <──leave── inside
 *        │  ^ └─enter─> inside │ ──enter──^
 *        │  └────load──────────┤
 *      close                 close
 *        v                     v
 *     closing ──loaded──> closed (for good)
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { OutspoolError } from '../errors.ts';

const OPEN = 0;
const INSIDE = 1;
const CLOSED = 2;
const LOADING = 3;
const CLOSING = 4;
const POLL_MS = 2;
/** Maximum time in ms that the exit of the process waits for native sections. Loading takes some 15 ms on an idle core. */
const EXIT_WAIT_MS = 5000;

/** Registered, because the worker's entry and the producer's module may have loaded two copies of this module. */
const KEY = Symbol.for('outspool.native-section');
const holder = globalThis as { [KEY]?: Int32Array };

/** Allocates a gate: one 32-bit word of shared memory for each worker thread. */
export function newNativeGate(): SharedArrayBuffer {
  const gate = new SharedArrayBuffer(4);
  new Int32Array(gate)[0] = LOADING;
  return gate;
}

/** Records the sections of this worker thread in `gate` from now on. The worker thread calls it. */
export function guardNativeSections(gate: SharedArrayBuffer): void {
  holder[KEY] = new Int32Array(gate);
}

/** Moves the gate from state `from` to state `to`. Returns false where it was in another state. */
const moved = (gate: Int32Array, from: number, to: number): boolean =>
  Atomics.compareExchange(gate, 0, from, to) === from;

/** Runs synchronous native work. Must not be nested. @throws OutspoolError when the thread is about to end */
export function nativeSection<T>(work: () => T): T {
  const gate = holder[KEY];
  if (gate === undefined) return work();
  const before = [OPEN, LOADING].find((state) => moved(gate, state, INSIDE));
  if (before === undefined) throw beingEnded();
  try {
    return work();
  } finally {
    Atomics.store(gate, 0, before);
    Atomics.notify(gate, 0);
  }
}

/** Loads modules, or does other work that has files open. Must not be nested. @throws OutspoolError when the thread is about to end */
export async function loadSection<T>(work: () => Promise<T>): Promise<T> {
  const gate = holder[KEY];
  if (gate === undefined) return work();
  if (!moved(gate, OPEN, LOADING) && Atomics.load(gate, 0) === CLOSED) throw beingEnded();
  try {
    return await work();
  } finally {
    if (!moved(gate, LOADING, OPEN)) moved(gate, CLOSING, CLOSED);
  }
}

const beingEnded = (): OutspoolError => new OutspoolError('this thread is being ended');

/** Tries to close the gate and returns its state then. In `closing` the thread still loads, in `inside` it runs native code. */
function close(gate: Int32Array): number {
  if (!moved(gate, OPEN, CLOSED)) moved(gate, LOADING, CLOSING);
  return Atomics.load(gate, 0);
}

/**
 * Resolves once the thread is outside of its sections for good, or after `timeoutMs` of `clock`, which is in ms. The wait does not
 * hold the process open, because an exit does not have to wait for modules.
 */
export async function closeNativeGate(
  gate: SharedArrayBuffer,
  timeoutMs: number,
  clock = () => performance.now(),
): Promise<void> {
  const word = new Int32Array(gate);
  const begin = clock();
  while (close(word) !== CLOSED && clock() - begin < timeoutMs) await sleep(POLL_MS, undefined, { ref: false });
}

/** Closes the gate of a thread that has ended by itself, in whichever state that left it. */
export function endNativeGate(gate: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(gate), 0, CLOSED);
}

const gates = new Set<SharedArrayBuffer>();

/** Delays the exit of the process, which ends all threads, until none of them runs native code. */
function closeAll(): void {
  const end = performance.now() + EXIT_WAIT_MS;
  for (const gate of gates) {
    const word = new Int32Array(gate);
    while (![CLOSED, CLOSING].includes(close(word)) && performance.now() < end)
      Atomics.wait(word, 0, INSIDE, end - performance.now());
  }
}

/** Closes the gate when the process exits, until the returned function is called. All gates share one listener. */
export function closeGateAtExit(gate: SharedArrayBuffer): () => void {
  if (gates.size === 0) process.on('exit', closeAll);
  gates.add(gate);
  return () => {
    gates.delete(gate);
    if (gates.size === 0) process.off('exit', closeAll);
  };
}
