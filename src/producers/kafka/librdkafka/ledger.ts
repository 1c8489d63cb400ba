/**
 * The native handles of one driver, in shared memory, written as soon as they exist: a worker that dies takes its
 * JavaScript along and leaves threads, descriptors and memory behind, which another thread then gives back.
 *
 * An entry is removed before the handle is released, so a death in between leaks a handle and never frees one twice.
 */

import { randomBytes } from 'node:crypto';
import { destroyDetached } from './destroy.ts';
import type { Native } from './native.ts';

export const MAX_TOPICS = 512;

const SLOT = { client: 0, queue: 1, readFd: 2, writeFd: 3, run: 4, reader: 5, topics: 6 } as const;
const SLOTS = SLOT.topics + MAX_TOPICS;

/** How large the shared memory must be. */
export const LEDGER_BYTES = SLOTS * 8;

type Named = Exclude<keyof typeof SLOT, 'run' | 'topics'>;

export class Ledger {
  readonly #slots: BigUint64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LEDGER_BYTES)) {
    if (memory.byteLength < LEDGER_BYTES) throw new RangeError(`a ledger takes ${LEDGER_BYTES} bytes`);
    this.#slots = new BigUint64Array(memory, 0, SLOTS);
  }

  /** Names the producer that the ledger belongs to, through all of its workers: 16 hexadecimal digits. */
  run(): string {
    Atomics.compareExchange(this.#slots, SLOT.run, 0n, randomBytes(8).readBigUInt64LE());
    return Atomics.load(this.#slots, SLOT.run).toString(16).padStart(16, '0');
  }

  /** Descriptors are stored one higher, as 0 stands for nothing and is a descriptor too. */
  set(name: Named, value: number): void {
    const stored = name === 'readFd' || name === 'writeFd' ? value + 1 : value;
    Atomics.store(this.#slots, SLOT[name], BigInt(stored));
  }

  /** Removes the entry and returns what it held; undefined where it held nothing. */
  take(name: Named): number | undefined {
    const stored = Number(Atomics.exchange(this.#slots, SLOT[name], 0n));
    if (stored === 0) return undefined;
    return name === 'readFd' || name === 'writeFd' ? stored - 1 : stored;
  }

  setTopic(index: number, topic: number): void {
    Atomics.store(this.#slots, SLOT.topics + index, BigInt(topic));
  }

  takeTopic(index: number): number {
    return Number(Atomics.exchange(this.#slots, SLOT.topics + index, 0n));
  }
}

/**
 * Gives back what a dead worker's driver has left. Call it on another thread, once the worker has ended. Idempotent.
 * @returns whether there was a client to end
 */
export function reclaimHandles(native: Native, ledger: Ledger): boolean {
  const { rdkafka, libc } = native;
  const queue = ledger.take('queue');
  // First: librdkafka's threads must not write to a descriptor that has been closed and given to somebody else.
  if (queue !== undefined) rdkafka.queueIoEvent(queue, -1, null, 0);
  for (const name of ['writeFd', 'readFd'] as const) {
    const fd = ledger.take(name);
    if (fd !== undefined) libc.close(fd);
  }
  for (let index = 0; index < MAX_TOPICS; index++) {
    const topic = ledger.takeTopic(index);
    if (topic !== 0) rdkafka.topicDestroy(topic);
  }
  if (queue !== undefined) rdkafka.queueDestroy(queue);
  const reader = ledger.take('reader');
  if (reader !== undefined) destroyDetached(native, reader);
  const client = ledger.take('client');
  return client !== undefined && destroyDetached(native, client);
}
