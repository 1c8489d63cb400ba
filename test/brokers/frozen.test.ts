/** The one partition of a topic is led by a broker that hangs. Nothing else is sent, so every question could go to that broker. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT } from '../support/until.ts';
import { partitionsOf } from './day2/acts.ts';
import { type Broker, brokers, createTopic, pause, resume } from './index.ts';

/** Longer than brokers take to replace one that hangs (`broker.session.timeout.ms`, 5 s), and shorter than librdkafka's time-out (60 s). */
const FROZEN_MS = 45_000;
const EVERY_MS = 500;

describe('a broker that hangs, which leads the only partition', function () {
  this.timeout(180_000);

  it('is replaced: messages are delivered by another one while it hangs', async () => {
    const kafka = brokers('cluster');
    const topic = `frozen-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    const producer = new KafkaProducer(
      { type: 'kafka', name: topic, bootstrap_servers: kafka.bootstrapServers.plaintext },
      { logger: quiet },
    );
    await producer.start(PATIENT);
    await producer.send({ value: 'before' }, PATIENT);
    const [{ leader } = { leader: -1 }] = await partitionsOf(kafka, [topic]);
    const broker = kafka.brokers.find(({ id }) => id === leader) as Broker;
    pause(broker);
    try {
      const end = performance.now() + FROZEN_MS;
      for (; producer.stats().delivered < 10 && performance.now() < end; await sleep(EVERY_MS))
        producer.produce({ value: 'x' });
      expect(producer.stats().delivered).to.be.at.least(10);
    } finally {
      resume(broker);
    }
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    await producer.shutdown(5000);
  });
});
