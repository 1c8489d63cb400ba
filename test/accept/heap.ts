/** What a long life leaves behind: transactions of one client, and a day of awaited calls with one signal. */

import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Client } from '../../src/kinds/kafka/librdkafka/native/client.ts';
import { TransactionMemory } from '../../src/kinds/kafka/librdkafka/transactions/transaction-memory.ts';
import { Transactions } from '../../src/kinds/kafka/librdkafka/transactions/transactions.ts';
import { TransientSendError } from '../../src/shared/errors.ts';
import { sendOneByOne } from '../../src/shared/send-one-by-one.ts';
import type { Batch } from '../../src/shared/transport.ts';
import { EngineRig } from '../support/engine-rig.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PackedBatch } from '../support/packed-batch.ts';
import { atMost, type Check, type Row } from './row.ts';

const TRANSACTIONS = 200_000;
const SECONDS_OF_A_DAY = 86_400;
/** Of the operations, the first ones warm up: code is compiled, and pools are filled. */
const WARM_UP = 0.2;
/** 66 bytes for each transaction would be 10 MiB. */
const LIMIT_KIB = 1024;

setFlagsFromString('--expose_gc');
const gc = runInNewContext('gc') as () => void;

function heapKiB(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed / 1024;
}

/** By how much the heap has grown after so many operations, the first ones left out. */
async function growthKiB(operations: number, operation: (index: number) => Promise<unknown>): Promise<number> {
  const from = Math.round(operations * WARM_UP);
  let before = 0;
  for (let index = 0; index < operations; index++) {
    if (index === from) before = heapKiB();
    await operation(index);
  }
  return heapKiB() - before;
}

/** A client whose transactions begin and can be aborted. */
const client = {
  handle: 1,
  closed: false,
  properties: {},
  native: { transactions: { begin: async () => 0, abort: async () => 0 } },
} as unknown as Client;

async function transactions(): Promise<Row> {
  const flow = new Transactions({
    client,
    transactionalId: 'orders-0',
    timeoutMs: 60_000,
    run: '00ff00ff00ff00ff',
    readMarks: async () => [],
    produce: async (batch: Batch) => batch.failed(0, new TransientSendError('not now')),
    recall: () => {},
    purge: () => {},
    knownBrokers: () => [],
    brokers: async () => ({ ids: [], isComplete: true }),
    warn: () => {},
    memory: new TransactionMemory(),
  });
  const { signal } = new AbortController();
  const growth = await growthKiB(TRANSACTIONS, () => {
    const batch = new PackedBatch([{ value: 'a' }]);
    return flow.send(Object.defineProperty(batch, 'signal', { value: signal }));
  });
  return atMost('200 000 transactions of one client: the heap has grown by', LIMIT_KIB, {
    value: growth,
    unit: ' KiB',
  });
}

/** Delivers, and remembers nothing. */
const transport = {
  _connect: async () => {},
  _close: async () => {},
  _sendBatch: (batch: Batch) => sendOneByOne(batch, () => {}),
};

async function day(): Promise<readonly Row[]> {
  const clock = fakeClock();
  try {
    const { engine } = new EngineRig(transport as never);
    const { signal } = new AbortController();
    const wait = { signal, timeout: 30_000 };
    const growth = await growthKiB(SECONDS_OF_A_DAY, async (value) => {
      const calls = [
        engine.send({ value }, { isError: false }, wait),
        engine.acceptWhenRoom({ value }, { isError: false, report: false }, wait),
        engine.flush(wait),
      ];
      await clock.tickAsync(1000);
      await Promise.all(calls);
    });
    const listeners = getEventListeners(signal, 'abort').length;
    await Promise.all([engine.shutdown(1000), clock.tickAsync(1000)]);
    const what = '24 hours of awaited send, enqueue and flush with one signal, one each a second';
    return [
      atMost(`${what}: the heap has grown by`, LIMIT_KIB, { value: growth, unit: ' KiB' }),
      atMost(`${what}: listeners left`, 0, { value: listeners, unit: '' }),
    ];
  } finally {
    clock.restore();
  }
}

export const heap: Check = async () => [await transactions(), ...(await day())];
