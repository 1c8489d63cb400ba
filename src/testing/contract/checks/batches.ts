/** Checks that many messages share a request, or that each has its own. */

import assert from 'node:assert/strict';
import { assertAll, type Check, type Claimed, numbers, produceAll, readAll, TIMEOUT_MS } from '../check.ts';
import type { ContractServer } from '../subject.ts';

const MANY = 400;
/** Minimum average number of messages in a request. A first request may be small, because it does not wait for more messages. */
const AT_LEAST_EACH = 4;

async function requestsOf(server: ContractServer | undefined, body: () => Promise<void>): Promise<number> {
  assert.ok(server?.requests, 'features.batches is claimed: the suite needs server.requests() to see it');
  const before = await server.requests();
  await body();
  return (await server.requests()) - before;
}

const batches = ({ features, server }: Claimed): Check => ({
  title: features.batches ? 'sends many messages in one request' : 'sends each message by itself',
  column: 'batches',
  run: async (bench) => {
    const subject = await bench.subject();
    const sent = numbers(MANY);
    const produce = async () => {
      produceAll(subject, bench.topic, sent);
      assert.deepEqual(await subject.producer.flush(TIMEOUT_MS), { remaining: 0 });
    };
    if (features.batches) {
      const requests = await requestsOf(server, produce);
      assert.ok(requests > 0 && requests * AT_LEAST_EACH <= MANY, `${requests} requests for ${MANY} messages`);
    } else if (server?.requests) assert.ok((await requestsOf(server, produce)) >= MANY, 'some shared a request');
    else await produce();
    assertAll(await readAll(subject, bench.topic), sent, features);
  },
});

/** Large messages do not fit together and small ones do, which consumers must not notice. */
const mixedSizes = ({ features }: Claimed): Check => ({
  title: 'delivers small and large messages in one stream, none cut, none lost',
  column: 'batches',
  run: async (bench) => {
    const subject = await bench.subject();
    const sent = numbers(60).map((value, index) => (index % 7 === 0 ? value.padEnd(100_000, '.') : value));
    produceAll(subject, bench.topic, sent);
    assert.deepEqual(await subject.producer.flush(TIMEOUT_MS), { remaining: 0 });
    assertAll(await readAll(subject, bench.topic), sent, features);
  },
});

export const batchChecks = (options: Claimed): readonly Check[] => [batches(options), mixedSizes(options)];
