/**
 * One cell of the waiters, `SUBJECT END`, in a process of its own: what a cell before it has left for the garbage collector is not part
 * of its figure. Prints the longest stall of the event loop in ms.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { CapacityCheck } from '../../src/caller/intake/capacity-check.ts';
import { StoredWaits } from '../../src/caller/spool/stored-waiters.ts';
import { FifoTurns } from '../../src/routing/fifo-turns.ts';
import { QueueFullError } from '../../src/shared/errors.ts';
import { deferred } from '../../src/shared/util/deferred.ts';
import type { WaitOptions } from '../../src/shared/util/wait.ts';
import { EngineRig } from '../support/engine-rig.ts';
import { ScriptedTransport } from '../support/scripted-transport.ts';
import { Stall } from './stall.ts';

const CALLERS = 100_000;
const A_TURN = 100;
/** Long enough for all of them to come. */
const DEADLINE_MS = Number(process.env.OUTSPOOL_WAITERS_DEADLINE_MS ?? 15_000);

/** Something that callers wait for. */
interface Subject {
  wait(options: WaitOptions, index: number): Promise<unknown>;
  /** Gives all of them what they wait for. */
  serve(): void;
  close?(): Promise<unknown>;
}

/** Deliveries begin when it is served, and come in pieces, as they do from a worker of a thread of its own. */
function heldRig() {
  const opened = deferred();
  let delivered = 0;
  const transport = new ScriptedTransport(() =>
    opened.promise.then(() => (++delivered % A_TURN === 0 ? turn() : undefined)),
  );
  const rig = new EngineRig(transport, { maxMessages: CALLERS, maxBytes: 2 ** 28, highWaterMark: 0.5 });
  return { rig, serve: opened.resolve, close: () => rig.engine.shutdown(1000) };
}

async function fullRig() {
  const held = heldRig();
  const { rig } = held;
  for (let index = 0; index < CALLERS; index++) {
    rig.produce(index);
    if (index % A_TURN === 0) await turn();
  }
  return held;
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject> | Subject>> = {
  'enqueue()': async () => {
    const held = await fullRig();
    return { ...held, wait: (options, index) => held.rig.enqueue(index, options) };
  },
  'waitForRoom()': async () => {
    const held = await fullRig();
    return { ...held, wait: (options) => held.rig.engine.waitForRoom(options) };
  },
  'flush()': async () => {
    const held = await fullRig();
    return { ...held, wait: (options) => held.rig.engine.flush(options) };
  },
  'send()': () => {
    const held = heldRig();
    return { ...held, wait: (options, value) => held.rig.engine.send({ value }, { isError: false }, options) };
  },
  'start()': () => {
    const transport = new ScriptedTransport();
    const connected = deferred();
    transport.onConnect = () => connected.promise;
    const settings = { connectTimeoutMs: 10 * DEADLINE_MS } as never;
    const rig = new EngineRig(transport, { settings });
    return {
      wait: (options) => rig.engine.start(options),
      serve: connected.resolve,
      close: () => rig.engine.shutdown(1000),
    };
  },
  'a route': () => {
    const turns = new FifoTurns();
    const opened = deferred();
    const gate = { untilRoomFor: () => opened.promise } as unknown as CapacityCheck;
    let isFull = true;
    const attempt = () => (isFull ? { error: new QueueFullError('full'), checks: [gate] } : { got: undefined });
    void turns.pass(1, attempt, {});
    const serve = () => {
      isFull = false;
      opened.resolve();
    };
    return { wait: (options) => turns.pass(1, attempt, options), serve };
  },
  'the disk': () => {
    const waits = new StoredWaits({ withdraw: () => true });
    return { wait: (options, index) => waits.until(index, options), serve: () => waits.stored(CALLERS) };
  },
};

const ENDS: Readonly<Record<string, (subject: Subject, controller: AbortController) => void>> = {
  expire: () => {},
  abort: (_subject, controller) => controller.abort(),
  served: ({ serve }) => serve(),
};

async function longestStall(subject: Subject, end: string): Promise<number> {
  const controller = new AbortController();
  const deadline = performance.now() + DEADLINE_MS;
  const callers: Promise<unknown>[] = [];
  const stall = new Stall();
  for (let index = 0; index < CALLERS; index++) {
    const timeout = end === 'expire' ? deadline - performance.now() : 10 * DEADLINE_MS;
    callers.push(subject.wait({ timeout, signal: controller.signal }, index).catch(() => {}));
    if (index % A_TURN === 0) await turn();
  }
  if (performance.now() > deadline && end === 'expire') throw new Error('they did not come in time');
  ENDS[end]?.(subject, controller);
  for (const caller of callers) await caller;
  const ms = await stall.end();
  await subject.close?.();
  return ms;
}

const [subject = '', end = ''] = process.argv.slice(2);
const build = SUBJECTS[subject];
if (build === undefined || ENDS[end] === undefined) throw new Error(`no such cell: ${subject}, ${end}`);
console.log(await longestStall(await build(), end));
