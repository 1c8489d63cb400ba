/** I7 and I8: the hooks can be called in any order that occurs, and everything ends. */

import assert from 'node:assert/strict';
import { buildHooks } from '../../../shared/build-side.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import type { Transport } from '../../../shared/transport.ts';
import {
  assertBalanced,
  type Check,
  numbers,
  OVERDUE_MS,
  PATIENT,
  produceAll,
  semantics,
  TIMEOUT_MS,
  within,
} from '../check.ts';
import { inAnotherProcess } from '../child-process.ts';
import type { ContractSubject } from '../subject.ts';

const CONNECT_MS = 3000;

const nothing = () => {};
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Returns an instance as the worker builds it, without a worker. */
function hooksOf({ producer }: ContractSubject): Transport {
  const Class = producer.constructor as (new (config: unknown) => Transport) & { readonly ledgerBytes?: number };
  const context = {
    log: quiet,
    ledger: new SharedArrayBuffer(Class.ledgerBytes ?? 0),
    tellThrottled: nothing,
    tellStatistics: nothing,
  };
  return buildHooks(context, () => new Class(producer.config));
}

function assertNotLate(error: Error): void {
  if (error instanceof assert.AssertionError) throw error;
}

const closes = (unavailable: boolean): Check =>
  semantics(
    unavailable
      ? '_close is safe after a _connect that failed, and twice'
      : '_close is safe before _connect and twice, and _connect works after it',
    async (bench) => {
      const hooks = hooksOf(await bench.subject({ unavailable }));
      await within(hooks._close(), '_close', OVERDUE_MS);
      const connecting = async () => hooks._connect(AbortSignal.timeout(unavailable ? CONNECT_MS : TIMEOUT_MS));
      const outcome = within(connecting(), '_connect', unavailable ? OVERDUE_MS : TIMEOUT_MS);
      if (unavailable) await outcome.catch(assertNotLate);
      else await outcome;
      await within(hooks._close(), '_close', OVERDUE_MS);
      await within(hooks._close(), 'a second _close', OVERDUE_MS);
      if (unavailable) return;
      await within(connecting(), '_connect after _close');
      await within(hooks._close(), '_close', OVERDUE_MS);
    },
  );

const shutsDownAtOnce = semantics('shutdown(0) ends at once and counts what is left (I7)', async (bench) => {
  const subject = await bench.subject({ unavailable: true });
  produceAll(subject, bench.topic, numbers(20));
  const { delivered, undelivered } = await within(subject.producer.shutdown(0), 'shutdown(0)', OVERDUE_MS);
  assert.deepEqual([delivered, undelivered], [0, 20]);
  assertBalanced(subject.producer);
});

const neverUsed = semantics('shuts down though it was never used', async (bench) => {
  const { producer } = await bench.subject();
  const { timedOut, ...counts } = await producer.shutdown(TIMEOUT_MS);
  assert.equal(timedOut, false);
  assert.deepEqual(new Set(Object.values(counts)), new Set([0]));
  assert.equal(producer.stats().state, 'closed');
});

const disposes = semantics('Symbol.asyncDispose delivers what was accepted, and closes', async (bench) => {
  const subject = await bench.subject();
  await subject.producer.start(PATIENT); // connects first, because the default deadline of a shutdown is not meant for connecting
  produceAll(subject, bench.topic, numbers(20));
  await subject.producer[Symbol.asyncDispose]();
  const { delivered, state } = subject.producer.stats();
  assert.deepEqual({ delivered, state }, { delivered: 20, state: 'closed' });
});

const threadEnds = semantics('its thread is gone after the shutdown (I7)', async (bench) => {
  const subject = await bench.subject();
  await subject.producer.publish(bench.topic, Buffer.from('1'), PATIENT);
  await subject.producer.shutdown(TIMEOUT_MS);
  await bench.until(() => bench.workers === 0, 'no worker thread', OVERDUE_MS);
});

const processEnds = (mode: 'sends' | 'idles'): Check =>
  semantics(
    mode === 'sends'
      ? 'a process that has sent and shut down ends by itself (I7)'
      : 'a process with an idle producer ends by itself (I7)',
    async (bench) => {
      const { code, answer, stderr } = await inAnotherProcess(await bench.subject(), { mode, topic: bench.topic });
      assert.deepEqual([code, answer?.delivered], [0, mode === 'sends' ? 1 : 0], stderr);
    },
  );

/** Returns the checks. With inline hooks, the client may keep the process alive until the shutdown. */
export const lifeChecks = (inline: boolean): readonly Check[] => [
  closes(false),
  closes(true),
  shutsDownAtOnce,
  neverUsed,
  disposes,
  threadEnds,
  processEnds('sends'),
  ...(inline ? [] : [processEnds('idles')]),
];
