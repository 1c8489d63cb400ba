/** What `check()` finds of a topic on Apache Kafka: leaders, replicas in sync, and how large a message may be. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import type { CheckReport } from '../../src/caller/check/check.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import type { KafkaConfig } from '../../src/kinds/kafka/schema.ts';
import { quiet } from '../support/quiet.ts';
import { brokers, createTopic, kill, restart } from './index.ts';
import { secure } from './secure.ts';

type Settings = Partial<KafkaConfig> & Pick<KafkaConfig, 'bootstrap_servers'>;

async function check(topic: string, settings: Settings): Promise<CheckReport> {
  const producer = new KafkaProducer({ type: 'kafka', name: 'check', topic, ...settings }, { logger: quiet });
  const report = await producer.check({ timeout: 5000 });
  await producer.shutdown(500);
  return report;
}

/** librdkafka before 2.3 lists all topics, and cannot describe one. */
const VERSIONS = ['librdkafka as it is', 'as with librdkafka 2.0.2'] as const;

function pretend(version: (typeof VERSIONS)[number]): void {
  if (version !== VERSIONS[0]) sinon.stub(loadNative().rdkafka, 'version').returns(0x02_00_02_ff);
}

const metadataOf = ({ layers }: CheckReport) => layers.find(({ layer }) => layer === 'metadata');

describe('a topic as check() sees it', () => {
  const kafka = brokers('single');
  const open = { bootstrap_servers: kafka.bootstrapServers.plaintext };

  afterEach(() => sinon.restore());

  const topicWith = async (configs: Readonly<Record<string, string>>) => {
    const topic = `topic-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 3, configs });
    return topic;
  };

  for (const version of VERSIONS)
    it(`fails where every partition has too few replicas in sync (${version})`, async () => {
      pretend(version);
      const topic = await topicWith({ 'min.insync.replicas': '2' });
      const report = await check(topic, open);
      expect(report.ok, JSON.stringify(report)).to.equal(false);
      expect(metadataOf(report)?.problem).to.equal(
        `every partition of ${topic} has too few replicas in sync (1, and min.insync.replicas is 2)`,
      );
      expect(metadataOf(report)?.advice).to.match(/bring the brokers back.*lower 'min.insync.replicas'/);
    });

  it('passes there with acks that do not wait for replicas', async () => {
    const topic = await topicWith({ 'min.insync.replicas': '2' });
    for (const acks of [0, 1] as const) {
      const report = await check(topic, { ...open, acks, idempotence: false });
      expect(report.ok, JSON.stringify(report)).to.equal(true);
      expect(metadataOf(report))
        .to.include({ note: `${topic}: 3 partitions` })
        .and.not.have.property('warning');
    }
  });

  const small = { 'max.message.bytes': '2000' };

  it('warns where max_message_bytes is above the limit of the topic, with both figures', async () => {
    const topic = await topicWith(small);
    const report = await check(topic, { ...open, max_message_bytes: 30_000 });
    expect(report.ok).to.equal(true);
    expect(metadataOf(report)?.warning).to.contain(
      `'max_message_bytes' (30000) is above max.message.bytes of ${topic} (2000)`,
    );
    expect(metadataOf(await check(topic, { ...open, max_message_bytes: 2000 }))).to.not.have.property('warning');
  });

  it('warns where max_message_bytes is above the segments of the topic', async () => {
    const topic = await topicWith({ 'segment.bytes': '1048576', 'max.message.bytes': '4000000' });
    const report = await check(topic, { ...open, max_message_bytes: 3_000_000 });
    expect(metadataOf(report)?.warning).to.contain(
      `'max_message_bytes' (3000000) is above segment.bytes of ${topic} (1048576)`,
    );
  });

  it('says nothing of limits to a user who may not see them', async () => {
    const topic = await topicWith({ ...small, 'min.insync.replicas': '2' });
    const report = await check(topic, {
      ...secure(kafka, 'saslSsl', 'SCRAM-SHA-256'),
      max_message_bytes: 30_000,
    } as Settings);
    expect(report.ok, JSON.stringify(report)).to.equal(true);
    expect(metadataOf(report))
      .to.include({ note: `${topic}: 3 partitions` })
      .and.not.have.property('warning');
  });
});

describe('a topic of a cluster as check() sees it when a broker is away', function () {
  this.timeout(120_000);

  const kafka = brokers('cluster');
  const [first, second, third] = kafka.brokers.map(({ id }) => id) as [number, number, number];
  const open = { bootstrap_servers: kafka.bootstrapServers.plaintext };

  /** Partition `i` has the replicas `replicas[i]`. */
  const topicAt = async (replicas: readonly number[][], least: number) => {
    const topic = `placed-${randomUUID()}`;
    await createTopic(kafka, topic, { replicas, configs: { 'min.insync.replicas': String(least) } });
    return topic;
  };
  /** The controller notices a broker's death after some seconds. */
  const untilNoticed = async (topic: string) => {
    for (;;) {
      const { problem = '' } = metadataOf(await check(topic, open)) ?? {};
      if (/has no leader|in sync/.test(problem)) return;
      // Its name is one of ours, so that is not what is wrong.
      expect(problem, problem).to.match(
        /^(a leader of the topic cannot be reached: nothing listens at .*|the broker does not describe .*)?$/,
      );
      await sleep(200);
    }
  };
  const last = () => kafka.brokers[2] as (typeof kafka.brokers)[number];

  afterEach(async () => {
    sinon.restore();
    await restart(last());
  });

  for (const version of VERSIONS)
    it(`fails where no partition can take a message, and warns where some cannot (${version})`, async () => {
      pretend(version);
      const lone = await topicAt([[third]], 1);
      const partly = await topicAt([[first], [third]], 1);
      const narrow = await topicAt(
        [
          [first, second],
          [first, third],
        ],
        2,
      );
      const wide = await topicAt([[first, second, third]], 3);
      for (const topic of [lone, wide]) expect((await check(topic, open)).ok).to.equal(true);

      await kill(last());
      await untilNoticed(lone);
      const found = metadataOf(await check(lone, open));
      expect(found?.problem).to.equal(`every partition of ${lone} has no leader`);
      expect(found?.advice).to.equal('bring the brokers back that have its replicas');

      await untilNoticed(wide);
      expect(metadataOf(await check(wide, open))?.problem).to.equal(
        `every partition of ${wide} has too few replicas in sync (2, and min.insync.replicas is 3)`,
      );

      const warnings = {
        [partly]: `1 of 2 partitions of ${partly} (1) have no leader; messages for them wait`,
        [narrow]: `1 of 2 partitions of ${narrow} (1) have too few replicas in sync (1, and min.insync.replicas is 2); messages for them wait`,
      };
      for (const [topic, warning] of Object.entries(warnings)) {
        const report = await check(topic, open);
        expect(report.ok, JSON.stringify(report)).to.equal(true);
        expect(metadataOf(report)?.warning).to.equal(warning);
      }
    });
});
