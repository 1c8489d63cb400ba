/** The client's own statistics in `stats()`, where `client` asks for them. */

import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT, until } from '../support/until.ts';

describe('the statistics of a Kafka client', () => {
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start({ topics: { counted: 3 } });
  });
  after(() => kafka.stop());

  const create = (driver: 'librdkafka' | 'node-rdkafka', client: Record<string, string | number>) =>
    new KafkaProducer(
      { type: 'kafka', name: 'k', topic: 'counted', bootstrap_servers: kafka.bootstrapServers, driver, client },
      { logger: quiet },
    );

  for (const driver of hasNodeRdkafka ? (['librdkafka', 'node-rdkafka'] as const) : (['librdkafka'] as const)) {
    it(`tell of each broker, by ${driver}, and go with the connection`, async () => {
      const producer = create(driver, { 'statistics.interval.ms': 100 });
      await producer.send({ value: 1 }, PATIENT);
      const brokers = () => producer.stats().client?.brokers ?? [];
      await until(() => brokers().some(({ rttMs }) => rttMs !== null));
      const [broker] = brokers();
      expect(broker).to.include({ broker: kafka.bootstrapServers, state: 'UP', timeouts: 0 });
      expect(broker?.sent).to.be.above(0);
      expect(broker?.requests).to.have.keys('queued', 'inFlight');
      expect(Date.now() - (producer.stats().client?.at ?? 0)).to.be.below(120_000);
      await producer.shutdown();
      expect(producer.stats().client).to.equal(undefined);
    });

    it(`are not taken unless they are asked for, by ${driver}`, async () => {
      const producer = create(driver, {});
      await producer.send({ value: 1 }, PATIENT);
      expect(producer.stats().client).to.equal(undefined);
      await producer.shutdown();
    });
  }
});
