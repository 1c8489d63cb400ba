import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { type ReadMessage, readTopic } from '../../src/testing/read-topic.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

const MESSAGE_TOO_LARGE = 10;
const TOPIC_AUTHORIZATION_FAILED = 29;
const COUNT = 3000;

describe('the Kafka kind when things go wrong', () => {
  let kafka: EmbeddedKafka;
  let logs: LogLine[];
  beforeEach(async () => {
    kafka = await EmbeddedKafka.start({ topics: { faults: 1 } });
    logs = [];
  });
  afterEach(() => kafka.stop());

  const create = (config: Partial<ConstructorParameters<typeof KafkaProducer>[0]> = {}) =>
    new KafkaProducer(
      { name: 'faults', bootstrap_servers: kafka.bootstrapServers, ...config, type: 'kafka' },
      { logger: noting(logs) },
    );

  async function arrived(count: number): Promise<number[]> {
    const { bootstrapServers } = kafka;
    const read = await readTopic({ bootstrapServers, topic: 'faults', count, timeoutMs: 60_000 });
    return read.map(({ value }) => Number(value));
  }

  /** What was in flight at a reset may come twice. */
  async function firstArrivals(count: number): Promise<number[]> {
    const seen = new Set<string>();
    const where = ({ value }: ReadMessage) => seen.size < seen.add(String(value)).size;
    const { bootstrapServers } = kafka;
    const read = await readTopic({ bootstrapServers, topic: 'faults', count, timeoutMs: 60_000, where });
    return read.map(({ value }) => Number(value));
  }

  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  function produceAll(producer: KafkaProducer): void {
    for (const value of numbers(COUNT)) producer.produce({ key: 'k', value });
  }

  it('rides out a short outage inside one attempt: nothing lost, nothing twice, in order', async () => {
    const producer = create();
    await producer.start(PATIENT);
    kafka.brokerDown();
    produceAll(producer);
    await sleep(500);
    kafka.brokerUp();
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(await arrived(COUNT)).to.deep.equal(numbers(COUNT));
    await producer.shutdown(HANG_MS);
  });

  it('rides out a long outage through resets and back-offs, in order', async () => {
    const producer = create({ attempt_timeout_seconds: 0.3, max_retries: 1, backoff_seconds: 0.3 });
    await producer.start(PATIENT);
    kafka.brokerDown();
    produceAll(producer);
    await until(() => logs.some(({ message }) => message.startsWith('reset 1')));
    await sleep(1500); // further back-offs
    expect(producer.stats()).to.include({ delivered: 0, deadLettered: 0, dropped: 0, pending: COUNT });
    kafka.brokerUp();
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(await firstArrivals(COUNT)).to.deep.equal(numbers(COUNT));
    expect(logs.some(({ message }) => message.startsWith('reset 1'))).to.equal(true);
    await producer.shutdown(HANG_MS);
  });

  it('dead-letters one message that is too large, and delivers the others in order', async () => {
    const producer = create({ max_message_bytes: '10KB' });
    for (const value of numbers(1000))
      producer.produce({ key: 'k', value: value === 500 ? 'x'.repeat(20_000) : value });
    await producer.flush(60_000);
    expect(producer.stats()).to.include({ delivered: 999, dropped: 1, pending: 0 });
    expect(await arrived(999)).to.deep.equal(numbers(1000).filter((value) => value !== 500));
    expect(logs.find(({ fields }) => fields.reason)?.fields.reason).to.match(/too large/i);
    await producer.shutdown(HANG_MS);
  });

  it('bisects a set that the broker refused, and loses nobody who is innocent', async () => {
    const producer = create();
    await producer.start(PATIENT);
    kafka.failProduce(MESSAGE_TOO_LARGE); // once, whatever is in the set
    produceAll(producer);
    await producer.flush(60_000);
    expect(producer.stats()).to.include({ delivered: COUNT, dropped: 0 });
    expect(await firstArrivals(COUNT)).to.deep.equal(numbers(COUNT));
    await producer.shutdown(HANG_MS);
  });

  it('dead-letters what the broker will not take, with the broker’s reason', async () => {
    const producer = create();
    await producer.start(PATIENT);
    await producer.send({ key: 'k', value: 0 }, PATIENT);
    kafka.createTopic('forbidden', 1);
    kafka.setTopicError('forbidden', TOPIC_AUTHORIZATION_FAILED);
    const error = await producer.send({ topic: 'forbidden', value: 1 }, { timeout: 60_000 }).catch((reason) => reason);
    expect(error).to.include({ name: 'PublishError', outcome: 'dropped' });
    expect(error.message).to.match(/authori[sz]/i);
    await producer.send({ key: 'k', value: 1 }, PATIENT);
    expect(await arrived(2)).to.deep.equal([0, 1]);
    await producer.shutdown(HANG_MS);
  });

  it('says why it cannot connect, at once', async () => {
    const producer = create({ bootstrap_servers: '127.0.0.1:1', max_retries: 0 });
    const error = await producer.start(PATIENT).catch((reason) => reason);
    expect(error).to.include({ name: 'ConnectError' });
    expect(error.message).to.match(/refused/i);
    await producer.shutdown(1000);
  });

  it('never says a password, whatever goes wrong (I9)', async () => {
    const credentials = { username: 'user', password: 'hunter2', security_protocol: 'SASL_PLAINTEXT' } as const;
    const producer = create({ ...credentials, max_retries: 0, connect_timeout_seconds: 1 });
    const error = await producer.start(PATIENT).catch((reason) => reason);
    expect(error).to.include({ name: 'ConnectError' });
    await producer.shutdown(500);
    const said = JSON.stringify([logs, error.message, error.stack, String(error.cause)]);
    expect(said).not.to.include('hunter2');
    expect(logs).not.to.have.lengthOf(0);
  });
});
