import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { expect } from 'chai';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import type { Death } from '../fixtures/producers/mortal.ts';
import { MortalKafkaProducer } from '../fixtures/producers/mortal-kafka-producer.ts';
import { resources, settleTo } from '../support/process-resources.ts';
import { quiet } from '../support/quiet.ts';
import { terminateWorkers } from '../support/terminate-workers.ts';

/** Kills of each kind: 4 in CI, more in the long tier. */
const KILLS = Number(process.env.OUTSPOOL_KILLS ?? 4);
const QUEUED = 10_000;
const WAYS: readonly (Death | 'terminate')[] = ['throw', 'exit', 'oom', 'reject', 'terminate'];

describe('a worker that dies', function () {
  this.timeout(60_000 + KILLS * 20_000);

  let kafka: EmbeddedKafka;
  beforeEach(async () => {
    kafka = await EmbeddedKafka.start({ topics: { deaths: 1 } });
    kafka.setRtt(20); // so that there is something in flight at every moment
  });
  afterEach(() => kafka.stop());

  for (const way of WAYS)
    it(`${way} × ${KILLS}: everything is delivered at least once, in order, and accounted for`, async () => {
      const channel = `death-${way}`;
      const orders = new BroadcastChannel(channel);
      const producer = new MortalKafkaProducer(
        {
          type: 'kafka',
          name: 'deaths',
          bootstrap_servers: kafka.bootstrapServers,
          client_id: channel,
          connect_timeout_seconds: 60,
        },
        { logger: quiet, resourceLimits: { maxOldGenerationSizeMb: 64 } },
      );
      await producer.send({ value: 'first', key: 'k' }, { timeout: 60_000 });
      const before = resources();

      for (let kill = 0; kill < KILLS; kill++) {
        await producer.start({ timeout: 60_000 }); // a worker that is not there yet hears no order
        for (let index = 0; index < QUEUED; index++)
          if (!producer.produce({ key: 'k', value: kill * QUEUED + index }))
            await producer.waitForRoom({ timeout: '60s' });
        await sleep(10 + kill * 13); // leased, in flight, partly settled
        if (way === 'terminate') await terminateWorkers();
        else orders.postMessage(way);
        await restarted(producer, kill + 1);
        producer.stats(); // throws where the books do not add up
      }

      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      const { accepted, delivered, workerRestarts } = producer.stats();
      expect(accepted).to.equal(KILLS * QUEUED + 1);
      expect(delivered).to.equal(accepted);
      expect(workerRestarts).to.equal(KILLS);
      const after = await settleTo(before, 5000);
      expect(after.threads).to.be.at.most(before.threads);
      expect(after.fileDescriptors).to.be.at.most(before.fileDescriptors);

      orders.close();
      await producer.shutdown(5000);
      const ids = await readBack(kafka, KILLS * QUEUED);
      expect([...new Set(ids)], 'first arrivals').to.deep.equal(Array.from({ length: KILLS * QUEUED }, (_, id) => id));
    });
});

async function restarted(producer: MortalKafkaProducer, restarts: number): Promise<void> {
  for (let waited = 0; producer.stats().workerRestarts < restarts; waited += 5) {
    if (waited > 60_000) throw new Error('the worker was not replaced');
    await sleep(5);
  }
}

/** Everything on the topic but the first message, duplicates included. */
async function readBack({ bootstrapServers }: EmbeddedKafka, atLeast: number): Promise<number[]> {
  const read = await readTopic({ bootstrapServers, topic: 'deaths', count: Infinity, timeoutMs: 1500 + atLeast / 20 });
  return read.slice(1).map(({ value }) => Number(value));
}
