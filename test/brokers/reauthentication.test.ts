/** Applications start over SASL_SSL where a session lasts 5 s, so that every connection proves itself again and again. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { busyRounds, RUNS, runHosts } from './hosts.ts';
import { brokers, createTopic } from './index.ts';
import { asUser, secure } from './secure.ts';
import { REAUTHENTICATION_MS } from './settings.ts';

const ROUND_MS = 240_000;

describe('a broker that asks for a new proof every 5 s', function () {
  this.timeout(RUNS * ROUND_MS);

  const kafka = brokers('single');

  async function round(count: number): Promise<string[]> {
    const topic = `reauthentication-${randomUUID()}`;
    // The mark of a transaction is an offset of the topic, which `writer` may not read.
    const connection = { ...secure(kafka, 'saslSsl'), ...asUser(kafka.users.admin, 'SCRAM-SHA-256') };
    await createTopic(kafka, topic);
    const settings = Array.from({ length: count }, (_, index) => ({ name: `${topic}-${index}`, topic, connection }));
    return runHosts(settings, () => sleep(REAUTHENTICATION_MS + 1000));
  }

  it(`ends none of ${RUNS} applications, and all of their producers go on`, async () => {
    expect(await busyRounds(round)).to.deep.equal([]);
  });
});
