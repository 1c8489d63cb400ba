import { expect } from 'chai';
import sinon from 'sinon';
import type { ProducerOptions } from '../../src/caller/producer-options.ts';
import type { DeliveryReport } from '../../src/caller/settlement/report.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { ReportingKafkaProducer } from '../fixtures/producers/reporting-kafka-producer.ts';
import { DRIVERS, type DriverName } from '../support/drivers.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { PackedBatch } from '../support/packed-batch.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

/** The embedded cluster says this of every message, whatever it stores; test/brokers has true ones. */
const EMBEDDED_TIMESTAMP = 1234;

describe('delivery reports of Kafka', () => {
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start({ topics: { reports: 2 } });
  });
  after(() => kafka.stop());

  const config = (driver: DriverName = 'librdkafka') =>
    ({ type: 'kafka', name: 'reports', driver, bootstrap_servers: kafka.bootstrapServers }) as const;

  type Heard = [Error | null, DeliveryReport];

  for (const driver of DRIVERS)
    it(`name the producer, partition, offset, timestamp and latency (${driver})`, async () => {
      const heard: Heard[] = [];
      const producer = new KafkaProducer(config(driver), {
        logger: quiet,
        deliveryReport: (...settled) => heard.push(settled),
      });
      const topic = `seen-${driver}`;
      kafka.createTopic(topic, 3);
      const begin = Date.now();
      for (let n = 0; n < 10; n++) producer.produce({ topic, key: `key-${n}`, value: n });
      const sent = await producer.send({ topic, value: 10, partition: 2, timestamp: EMBEDDED_TIMESTAMP }, PATIENT);
      await producer.flush(HANG_MS);
      await producer.shutdown(HANG_MS);

      const read = await readTopic({ timeoutMs: HANG_MS, bootstrapServers: kafka.bootstrapServers, topic, count: 11 });
      const seen = read.map(({ value, partition, offset }) => [Number(value), partition, offset]);
      const told = heard.map(([, { message, partition, offset }]) => [message.json() as number, partition, offset]);
      expect(told).to.have.deep.members(seen);
      expect(sent).to.include({ producer: 'reports', topic, partition: 2, timestamp: EMBEDDED_TIMESTAMP });
      for (const [error, { producer: name, latencyMs, timestamp }] of heard) {
        expect([error, name]).to.deep.equal([null, 'reports']);
        expect(latencyMs).to.be.within(0, Date.now() - begin);
        expect(timestamp).to.equal(EMBEDDED_TIMESTAMP);
      }
    });

  it('go to an overridden deliveryReport and to the option, and what either throws costs nothing', async () => {
    const logs: LogLine[] = [];
    const heard: string[] = [];
    const deliveryReport: ProducerOptions['deliveryReport'] = async (error, { message }) => {
      heard.push(`${message.text()} ${error?.name ?? 'delivered'}`);
      if (error === null) throw new Error('a listener of that kind');
    };
    const producer = new ReportingKafkaProducer(config(), { logger: noting(logs), deliveryReport });
    producer.produce({ value: 1 });
    producer.produce({ value: 2, partition: 77 });
    await producer.flush(HANG_MS);
    expect(producer.stats()).to.include({ delivered: 1, dropped: 1 });
    expect(producer.lines.map((line) => line.split(' ')[0])).to.have.members(['delivered', 'failed']);
    expect(heard).to.have.members(['1 delivered', '2 PermanentSendError']);
    expect(logs.find(({ message }) => message.includes('threw'))?.fields).to.include({
      err: 'a listener of that kind',
    });
    await producer.shutdown(HANG_MS);
  });

  it('of a message that failed carry the native code', async () => {
    const heard: Heard[] = [];
    const producer = new KafkaProducer(config(), {
      logger: quiet,
      deliveryReport: (...settled) => heard.push(settled),
    });
    await producer.send({ value: 'so that the topic is known' }, PATIENT);
    const error = await producer.send({ value: 'x', partition: 77 }, PATIENT).catch((thrown) => thrown);
    await producer.shutdown(HANG_MS);
    expect(error.cause).to.include({ kafkaCode: -190, kafkaName: '_UNKNOWN_PARTITION' });
    expect(heard.at(-1)?.[0]).to.include({ kafkaCode: -190 });
    expect(heard.at(-1)?.[1]).to.include({ partition: null, offset: null, timestamp: null });
  });

  it('are read for those alone that somebody waits for', async () => {
    const asked = sinon.spy(loadNative().rdkafka, 'messageTimestamp');
    const driver = new LibrdkafkaDriver({
      properties: { 'bootstrap.servers': kafka.bootstrapServers },
      topicProperties: { 'message.timeout.ms': '0' },
      defaults: { topic: 'reports', errorTopic: 'reports' },
      log: () => {},
    });
    await driver.open(AbortSignal.timeout(60_000));
    const wanted = { value: 'wanted' };
    const batch = new PackedBatch([...Array.from({ length: 99 }, () => ({ value: 'x', flags: 0 })), wanted]);
    await driver.produceBatch(batch);
    await driver.close(2000);
    asked.restore();
    expect(batch.deliveredAt.size).to.equal(100);
    expect(batch.reports.filter((report) => report !== undefined)).to.have.lengthOf(1);
    expect(asked.callCount).to.equal(1);
  });

  it('are flagged in the records of a producer that somebody listens to, and in no others', async () => {
    const told = async (options: ProducerOptions) => {
      const read = sinon.spy(loadNative().rdkafka, 'messageTimestamp');
      // On this thread, so that the calls can be counted.
      const producer = new InlineKafkaProducer(config(), { logger: quiet, ...options });
      for (let n = 0; n < 100; n++) producer.produce({ value: n });
      await producer.flush(HANG_MS);
      await producer.shutdown(HANG_MS);
      read.restore();
      return read.callCount;
    };
    expect(await told({})).to.equal(0);
    expect(await told({ deliveryReport: () => {} })).to.equal(100);
  });
});

class InlineKafkaProducer extends KafkaProducer {
  static override runsInline(): boolean {
    return true;
  }
}
