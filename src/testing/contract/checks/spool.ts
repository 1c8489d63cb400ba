/** Durable queue of any kind: messages that were not delivered are still there after a restart of the producer. */

import assert from 'node:assert/strict';
import type { Bench } from '../bench.ts';
import {
  assertAll,
  assertBalanced,
  type Check,
  IMPATIENT,
  KEY,
  numbers,
  PATIENT,
  readAll,
  semantics,
  TIMEOUT_MS,
} from '../check.ts';
import type { Features } from '../features.ts';
import type { ContractSettings } from '../subject.ts';

const MANY = 50;

const spooling = (bench: Bench): ContractSettings => ({ ...IMPATIENT, queue: { spool: { path: bench.folder() } } });

const outlives = (features: Features): Check =>
  semantics('with a spool, what could not be delivered is delivered after a restart (I1, I2)', async (bench) => {
    const settings = spooling(bench);
    const stuck = await bench.subject({ unavailable: true, settings });
    for (const value of numbers(MANY))
      await stuck.producer.enqueue({ topic: bench.topic, key: KEY, value: Buffer.from(value) }, PATIENT);
    const outcome = await stuck.producer.shutdown(3000);
    assert.deepEqual([outcome.spooled, outcome.undelivered], [MANY, 0]);

    const restarted = await bench.subject({ settings });
    await restarted.producer.start({ timeout: TIMEOUT_MS });
    assert.deepEqual(await restarted.producer.flush(TIMEOUT_MS), { remaining: 0 });
    assertAll(await readAll(restarted, bench.topic), numbers(MANY), features);
    const { recovered, delivered } = restarted.producer.stats();
    assert.deepEqual({ recovered, delivered }, { recovered: MANY, delivered: MANY + 1 });
    assertBalanced(restarted.producer);
  });

const settles = semantics('with a spool, what was delivered is not delivered again after a restart', async (bench) => {
  const settings = spooling(bench);
  const first = await bench.subject({ settings });
  await first.producer.publish(bench.topic, Buffer.from('1'), { ...PATIENT, key: KEY });
  await first.producer.shutdown(TIMEOUT_MS);
  const second = await bench.subject({ settings });
  await second.producer.publish(bench.topic, Buffer.from('2'), { ...PATIENT, key: KEY });
  const { recovered, delivered } = second.producer.stats();
  assert.deepEqual({ recovered, delivered }, { recovered: 0, delivered: 1 });
});

export const spoolChecks = (features: Features): readonly Check[] => [outlives(features), settles];
