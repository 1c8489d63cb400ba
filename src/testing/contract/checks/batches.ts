/** Many messages in one request, or each in its own. */

import assert from 'node:assert/strict';
import {
  assertAll,
  type Check,
  type Claimed,
  IMPATIENT,
  numbers,
  produceAll,
  RECOVERY_MS,
  readAll,
  TIMEOUT_MS,
  without,
} from '../check.ts';
import type { ContractServer } from '../subject.ts';

const MANY = 400;
/** A first request may go with what there is when it goes. */
const AT_LEAST_EACH = 4;

async function requestsOf(
  server: ContractServer | undefined,
  body: (serving: ContractServer) => Promise<void>,
): Promise<number> {
  assert.ok(server?.requests, 'features.batches is claimed: the suite needs server.requests() to see it');
  const before = await server.requests();
  await body(server);
  const after = await server.requests();
  return after < before ? after : after - before; // a server that has ended meanwhile may count anew
}

/** They gather while the server is away: what is sent at once, a caller who is slow may fill one by one. */
const sharing = ({ features, server }: Claimed): Check => ({
  title: 'sends many messages in one request',
  column: 'batches',
  run: async (bench) => {
    const subject = await bench.subject({ settings: IMPATIENT });
    const sent = numbers(MANY);
    const requests = await requestsOf(server, async (serving) => {
      await without(serving, async () => produceAll(subject, bench.topic, sent));
      assert.deepEqual(await subject.producer.flush(RECOVERY_MS), { remaining: 0 });
    });
    assert.ok(requests > 0 && requests * AT_LEAST_EACH <= MANY, `${requests} requests for ${MANY} messages`);
    assertAll(await readAll(subject, bench.topic), sent, features);
  },
});

const each = ({ features, server }: Claimed): Check => ({
  title: 'sends each message by itself',
  column: 'batches',
  run: async (bench) => {
    const subject = await bench.subject();
    const sent = numbers(MANY);
    const produce = async () => {
      produceAll(subject, bench.topic, sent);
      await subject.producer.flush(TIMEOUT_MS);
    };
    if (server?.requests) assert.ok((await requestsOf(server, produce)) >= MANY, 'some shared a request');
    else await produce();
    assertAll(await readAll(subject, bench.topic), sent, features);
  },
});

/** Large ones do not fit together, small ones do: nobody notices. */
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

export const batchChecks = (options: Claimed): readonly Check[] => [
  options.features.batches ? sharing(options) : each(options),
  mixedSizes(options),
];
