/** Where partitions end, asked of librdkafka's embedded brokers, one of which stops answering. */

import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { KafkaDriverOptions } from '../../src/kinds/kafka/driver.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { endOffsets } from '../../src/kinds/kafka/librdkafka/inspect/end-offsets.ts';
import { MetadataCall } from '../../src/kinds/kafka/librdkafka/inspect/metadata.ts';
import { MockCluster } from '../../src/kinds/kafka/librdkafka/mock/mock.ts';
import { Client } from '../../src/kinds/kafka/librdkafka/native/client.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import type { LedPartition } from '../../src/kinds/kafka/partitions/end-offsets.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

const BROKERS = 3;
const TOPICS = Array.from({ length: 50 }, (_, n) => `t${n}`);
const FROZEN_MS = 600_000;

describe('the ends of partitions of many topics', () => {
  const native = loadNative();
  let cluster: MockCluster;
  let options: KafkaDriverOptions;
  let ledger: Ledger;

  beforeEach(() => {
    cluster = new MockCluster(native, BROKERS);
    for (const topic of TOPICS) cluster.createTopic(topic, BROKERS, 1);
    ledger = new Ledger();
    options = {
      properties: { 'bootstrap.servers': cluster.bootstraps, log_level: '0' },
      topicProperties: {},
      defaults: { topic: 't', errorTopic: 'e' },
      connectTimeoutMs: 10_000,
      log: () => {},
    };
  });
  afterEach(() => cluster.destroy());

  /** A partition of each topic, so that all brokers lead some. */
  const partitionOf = (topic: string) => TOPICS.indexOf(topic) % BROKERS;

  /** One message for every second topic. */
  async function fill(): Promise<void> {
    const producer = new KafkaProducer(
      { type: 'kafka', name: 'filler', bootstrap_servers: cluster.bootstraps },
      { logger: quiet },
    );
    const filled = TOPICS.filter((_, n) => n % 2 === 0);
    await Promise.all(
      filled.map((topic) => producer.send({ topic, partition: partitionOf(topic), value: 1 }, PATIENT)),
    );
    await producer.shutdown(HANG_MS);
  }

  async function led(): Promise<LedPartition[]> {
    const client = new Client(native, options.properties, new Ledger(), () => {});
    const answer = await new MetadataCall(native).ask(client.handle, 'all', HANG_MS);
    await client.close(1000);
    if (typeof answer === 'number') throw new Error(native.rdkafka.errorText(answer));
    return TOPICS.map((topic) => {
      const partition = partitionOf(topic);
      const partitions = answer.topics.find(({ name }) => name === topic)?.partitions;
      return { topic, partition, leader: String(partitions?.find(({ id }) => id === partition)?.leader) };
    });
  }

  const ask = (places: readonly LedPartition[]) => endOffsets(options, places, ledger, new AbortController().signal);

  it('are told by one client, whatever is wrong with one of them', async () => {
    await fill();
    const missing = { topic: 'missing', partition: 7, leader: '1' };
    const ends = await ask([missing, ...(await led())]);
    expect(ends).to.deep.equal(['unknown', ...TOPICS.map((_, n) => (n % 2 === 0 ? 1 : 0))]);
    expect(ledger.isEmpty).to.equal(true);
  });

  it('are told but for those of a leader that does not answer, in the time of one question', async () => {
    const places = await led();
    cluster.setRtt(2, FROZEN_MS);
    const ends = await ask(places);
    // One question each would outlast the runner's limit.
    const expected = places.map(({ leader }) => (leader === '2' ? 'unknown' : 0));
    expect(expected).to.include('unknown').and.to.include(0);
    expect(ends).to.deep.equal(expected);
    expect(ledger.isEmpty).to.equal(true);
    cluster.setRtt(2, 0);
  });
});
