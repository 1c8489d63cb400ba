/**
 * All brokers are killed and come back with empty disks while applications produce. Coordinators are then new, and answer
 * NOT_COORDINATOR for a while, in which librdkafka once ended the process with a segmentation fault.
 */

import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { busyRounds, RUNS, runHosts } from './hosts.ts';
import { brokers, createTopic, kill, restart, wipe } from './index.ts';

const ROUND_MS = 300_000;

describe('a cluster of three that comes back with empty disks', function () {
  this.timeout(RUNS * ROUND_MS);

  const kafka = brokers('cluster');
  after(() => Promise.all(kafka.brokers.map((broker) => restart(broker))));

  async function round(count: number): Promise<string[]> {
    const topic = `wiped-${randomUUID()}`;
    const connection = { bootstrap_servers: kafka.bootstrapServers.plaintext };
    await createTopic(kafka, topic, { partitions: 3 });
    const settings = Array.from({ length: count }, (_, index) => ({ name: `${topic}-${index}`, topic, connection }));
    return runHosts(settings, async () => {
      await Promise.all(kafka.brokers.map(kill));
      kafka.brokers.forEach(wipe);
      await Promise.all(kafka.brokers.map(restart));
      await createTopic(kafka, topic, { partitions: 3 });
    });
  }

  it(`ends none of ${RUNS} applications, and all of their producers go on`, async () => {
    expect(await busyRounds(round)).to.deep.equal([]);
  });
});
