import { expect } from 'chai';
import type { DeliveryReport } from '../../src/caller/settlement/report.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { DRIVERS } from '../support/drivers.ts';
import { javaPartitions, PARTITION_COUNTS } from '../support/partition-vectors.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

for (const driver of DRIVERS)
  describe(`partitions (${driver})`, () => {
    let kafka: EmbeddedKafka;
    let producer: KafkaProducer;
    const reports: DeliveryReport[] = [];
    before(async () => {
      const topics = Object.fromEntries(PARTITION_COUNTS.map((count) => [`of-${count}`, count]));
      kafka = await EmbeddedKafka.start({ topics: { ...topics, 'no-keys': 8 } });
      producer = new KafkaProducer(
        { type: 'kafka', name: 'partitions', driver, bootstrap_servers: kafka.bootstrapServers },
        { logger: quiet, deliveryReport: (_error, report) => reports.push(report) },
      );
    });
    beforeEach(() => reports.splice(0));
    after(async () => {
      await producer.shutdown(HANG_MS);
      await kafka.stop();
    });

    for (const count of PARTITION_COUNTS)
      it(`puts keys on those of ${count} that the Java client chooses`, async () => {
        const expected = javaPartitions(count);
        for (const { key } of expected) producer.produce({ topic: `of-${count}`, key, value: null });
        expect(await producer.flush(HANG_MS)).to.deep.equal({ remaining: 0 });
        const hex = (key: Uint8Array | null) => (key === null ? 'no key' : Buffer.from(key).toString('hex'));
        const chosen = reports.map(({ message, partition }) => [hex(message.key), partition]);
        expect(chosen).to.have.deep.members(expected.map(({ key, partition }) => [hex(key), partition]));
      });

    it('puts a message with headers, which goes another way, there as well', async () => {
      for (const { key, partition } of javaPartitions(7).slice(0, 20)) {
        const report = await producer.send({ topic: 'of-7', key, value: null, headers: { a: 'b' } }, PATIENT);
        expect(report.partition).to.equal(partition);
      }
    });

    it('takes an empty key for a key, and none for none', async () => {
      const [empty] = javaPartitions(50);
      expect(empty?.key).to.have.lengthOf(0);
      for (let n = 0; n < 20; n++) producer.produce({ topic: 'no-keys', value: n });
      for (let n = 0; n < 20; n++) producer.produce({ topic: 'of-50', key: '', value: n });
      await producer.flush(HANG_MS);
      const ofEmpty = reports.filter(({ topic }) => topic === 'of-50');
      expect([...new Set(ofEmpty.map(({ partition }) => partition))]).to.deep.equal([empty?.partition]);
      const { bootstrapServers } = kafka;
      const read = await readTopic({ timeoutMs: HANG_MS, bootstrapServers, topic: 'no-keys', count: 20 });
      expect(read.map(({ key }) => key)).to.deep.equal(Array.from({ length: 20 }, () => null));
    });
  });
