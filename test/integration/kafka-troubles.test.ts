import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { PATIENT, until } from '../support/until.ts';

describe('the Kafka kind while its broker is away', () => {
  it('says once in plain words what has become of its connection, however often it is tried', async () => {
    const kafka = await EmbeddedKafka.start({ topics: { away: 1 } });
    const logs: LogLine[] = [];
    const { bootstrapServers } = kafka;
    const config = { type: 'kafka', name: 'away', bootstrap_servers: bootstrapServers } as const;
    const producer = new KafkaProducer(config, { logger: noting(logs) });
    await producer.start(PATIENT);
    kafka.brokerDown();
    producer.produce({ value: 1 });
    const said = () => logs.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
    await until(() => said().length >= 2);
    await sleep(3000); // a third line would come by then
    const loud = said();
    expect(loud).to.have.lengthOf(2);
    expect(loud[0]).to.match(new RegExp(`^nothing listens at ${bootstrapServers} `));
    expect(loud[1]).to.equal('no broker can be reached');
    await producer.shutdown(1000);
    await kafka.stop();
  });
});
