/** Everything in which callers wait, behind one face: what holds for one of them holds for all. */

import type { CapacityCheck } from '../../src/caller/intake/capacity-check.ts';
import { Room } from '../../src/caller/intake/room-waiters.ts';
import { DeliveryWaits } from '../../src/caller/settlement/delivery-waiters.ts';
import { Barriers } from '../../src/caller/settlement/flush-waiters.ts';
import { StoredWaits } from '../../src/caller/spool/stored-waiters.ts';
import { StartWaits } from '../../src/caller/start-waiters.ts';
import { FifoTurns } from '../../src/routing/fifo-turns.ts';
import { QueueFullError } from '../../src/shared/errors.ts';
import { deferred } from '../../src/shared/util/deferred.ts';
import type { WaitOptions } from '../../src/shared/util/wait.ts';

export interface CallerList {
  wait(options: WaitOptions, index: number): Promise<unknown>;
  /** Gives all of them what they wait for. */
  release(): void;
}

/** By what they wait for. */
export const CALLER_LISTS: Readonly<Record<string, () => CallerList>> = {
  room: () => {
    const room = new Room();
    let isOpen = false;
    const release = () => {
      isOpen = true;
      if (room.opened()) setImmediate(release);
    };
    return { wait: (options) => room.until(() => (isOpen ? true : undefined), options), release };
  },
  flush: () => {
    const barriers = new Barriers();
    return {
      wait: (options, index) => barriers.until(index, options),
      release: () => barriers.settled(() => undefined),
    };
  },
  start: () => {
    const starts = new StartWaits('rig', () => undefined);
    return { wait: (options) => starts.until(options), release: () => starts.connected() };
  },
  disk: () => {
    const stored = new StoredWaits({ withdraw: () => true });
    return { wait: (options, index) => stored.until(index, options), release: () => stored.stored(Infinity) };
  },
  delivery: () => {
    const waits = new DeliveryWaits({ withdraw: () => true, waitsOnDisk: () => false, lastError: () => undefined });
    return {
      wait: (options, index) => waits.for(index, { ...options, askedMs: 1 }),
      release: () => waits.end('dropped'),
    };
  },
  route: () => {
    const turns = new FifoTurns();
    const opened = deferred();
    const gate = { untilRoomFor: () => opened.promise } as unknown as CapacityCheck;
    let isOpen = false;
    const attempt = () => (isOpen ? { got: undefined } : { error: new QueueFullError('full'), checks: [gate] });
    void turns.pass(1, attempt, {}); // the first of them waits at a producer
    const release = () => {
      isOpen = true;
      opened.resolve();
    };
    return { wait: (options) => turns.pass(1, attempt, options), release };
  },
};
