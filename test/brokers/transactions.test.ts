import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { expect } from 'chai';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { type Fault, FaultyKafkaProducer } from '../fixtures/producers/faulty-kafka-producer.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT, until } from '../support/until.ts';
import { brokers, consumeAll, createTopic, FORBIDDEN, type User } from './index.ts';

/** Messages of the long run; each reset and each kill strikes somewhere among them. */
const MESSAGES = Number(process.env.OUTSPOOL_TRANSACTION_MESSAGES ?? 20_000);
const RESETS = 10;
const KILLS: readonly Fault[] = ['die', 'dieUntold', 'die', 'dieUntold', 'dieUntold'];
const KEYS = 50;

describe('transactions on Apache Kafka', function () {
  this.timeout(300_000);

  const kafka = brokers('single');
  const configOf = (topic: string, transactionalId = topic) => ({
    type: 'kafka' as const,
    name: topic,
    bootstrap_servers: kafka.bootstrapServers.plaintext,
    client_id: topic,
    transactional_id: transactionalId,
    compression: 'none' as const,
    max_retries: 20,
    queue: { max_messages: MESSAGES + 1 },
  });

  it(`${MESSAGES} messages through ${RESETS} resets and ${KILLS.length} worker kills: exactly once, in order`, async () => {
    const topic = `exactly-once-${randomUUID()}`;
    await createTopic(kafka, topic);
    const producer = new FaultyKafkaProducer(configOf(topic), { logger: quiet });
    const orders = new BroadcastChannel(topic);
    await producer.start(PATIENT);

    let id = 0;
    const produceUpTo = (end: number) => {
      for (; id < end; id++) producer.produce({ key: `k${id % KEYS}`, value: id });
    };
    let heard = 0;
    let struck = 0;
    orders.onmessage = (event) => ((event as MessageEvent).data === 'heard' ? heard++ : struck++);
    const faults: Fault[] = Array.from({ length: RESETS }, (): Fault => 'reset');
    for (const [index, kill] of KILLS.entries()) faults.splice(index * 3 + 1, 0, kill);
    for (const [index, fault] of faults.entries()) {
      await until(() => producer.stats().connection === 'connected'); // before that, no order is heard
      orders.postMessage(fault);
      await until(() => heard > index);
      produceUpTo((MESSAGES / faults.length) * (index + 1));
      await until(() => struck + producer.stats().workerRestarts > index);
    }

    expect(await producer.flush(120_000)).to.deep.equal({ remaining: 0 });
    const { accepted, delivered, workerRestarts } = producer.stats();
    await producer.shutdown(5000);
    orders.close();
    expect({ accepted, delivered, workerRestarts }).to.deep.equal({
      accepted: MESSAGES,
      delivered: MESSAGES,
      workerRestarts: KILLS.length,
    });
    const ids = (await consumeAll(kafka, topic)).map(({ key, value }) => [String(key), Number(value)] as const);
    const duplicates = ids.length - new Set(ids.map(([, id]) => id)).size;
    console.log(`      read_committed: ${ids.length} of ${MESSAGES}, duplicates ${duplicates}`);
    expect({ count: ids.length, duplicates }).to.deep.equal({ count: MESSAGES, duplicates: 0 });
    expectOrderPerKey(ids);
  });

  it('an aborted transaction leaves nothing for read_committed; what was bad in it is dead-lettered, the rest goes on', async () => {
    const topic = `poison-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1, configs: { 'cleanup.policy': 'compact' } });
    const letters: unknown[] = [];
    const deadLetter = ({ message }: { message: { json(): unknown } }) => letters.push(message.json());
    const producer = new KafkaProducer(configOf(topic), { logger: quiet, deadLetter });
    for (let id = 0; id < 100; id++) producer.produce({ value: id, ...(id !== 41 && { key: `k${id}` }) });
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    await producer.shutdown(5000);
    expect(letters).to.deep.equal([41]);
    const ids = (await consumeAll(kafka, topic)).map(({ value }) => Number(value));
    expect(ids).to.deep.equal(Array.from({ length: 100 }, (_, id) => id).filter((id) => id !== 41));
  });

  it('a message for a topic that may not be written is dead-lettered alone, though the broker refuses the whole transaction', async () => {
    const topic = `allowed-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    const forbidden = `${FORBIDDEN.write}-${randomUUID()}`;
    await createTopic(kafka, forbidden, { partitions: 1 });
    const letters: DeadLetter[] = [];
    const producer = new KafkaProducer(configOf(topic), {
      logger: quiet,
      deadLetter: (letter) => letters.push(letter),
    });
    for (let id = 0; id < 20; id++) producer.produce({ value: id, ...(id === 7 && { topic: forbidden }) });
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    await producer.shutdown(5000);
    expect(letters.map(({ message }) => message.json())).to.deep.equal([7]);
    expect(letters[0]?.reason).to.match(/topic authorization failed/i);
    const ids = (await consumeAll(kafka, topic)).map(({ value }) => Number(value));
    expect(ids).to.deep.equal(Array.from({ length: 20 }, (_, id) => id).filter((id) => id !== 7));
  });

  it('says which setting or permission keeps a transaction from beginning', async () => {
    const failure = async (settings: object) => {
      const producer = new KafkaProducer({ ...configOf(`unable-${randomUUID()}`), ...settings }, { logger: quiet });
      const error: Error = await producer.send({ value: 1 }, { timeout: 8000 }).catch((reason) => reason);
      await producer.shutdown(100);
      return error.message;
    };
    const asUser = ({ username, password }: User) => ({
      bootstrap_servers: kafka.bootstrapServers.saslPlaintext,
      security_protocol: 'SASL_PLAINTEXT',
      username,
      password,
    });
    expect(await failure({ transaction_timeout: '30m' })).to.match(
      /transaction_timeout is longer than the broker allows/,
    );
    expect(await failure(asUser(kafka.users.guest))).to.match(/transactional id .* WRITE and DESCRIBE/);
    expect(await failure(asUser(kafka.users.writer))).to.match(/grant the user READ on it, in addition to WRITE/);
  });

  it('whoever takes the transactional id over fences the one before, which ends and says so', async () => {
    const topic = `fenced-${randomUUID()}`;
    await createTopic(kafka, topic);
    const [first, second] = [
      new KafkaProducer(configOf(topic), { logger: quiet }),
      new KafkaProducer(configOf(topic), { logger: quiet }),
    ];
    try {
      await first.send({ value: 1 }, PATIENT);
      await second.send({ value: 2 }, PATIENT);
      const error = await first.send({ value: 3 }, PATIENT).catch((reason) => reason);
      expect(error.cause).to.include({ name: 'ProducerFencedError', code: 'ERR_OUTSPOOL_PRODUCER_FENCED' });
      expect(error.message).to.include(`transactional id '${topic}-0'`);
      expect(first.stats()).to.include({ state: 'failed', delivered: 1, undelivered: 1 });
      await second.send({ value: 4 }, PATIENT);
    } finally {
      await Promise.all([first.shutdown(2000), second.shutdown(2000)]);
    }
    const values = (await consumeAll(kafka, topic)).map(({ value }) => Number(value));
    expect(values).to.have.members([1, 2, 4]);
  });

  it('a shutdown leaves no transaction open: a reader of committed messages is not held up', async () => {
    const topic = `closed-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    const producer = new KafkaProducer(configOf(topic), { logger: quiet });
    await producer.start(PATIENT);
    for (let id = 0; id < 5000; id++) producer.produce({ value: id });
    await sleep(5);
    const { delivered } = await producer.shutdown(30);
    const ids = (await consumeAll(kafka, topic, { timeoutMs: 10_000 })).map(({ value }) => Number(value));
    expect(ids.length, 'what was said to be delivered is').to.be.at.least(delivered);
    expect(ids).to.deep.equal(Array.from(ids.keys()));
  });
});

function expectOrderPerKey(ids: readonly (readonly [string, number])[]): void {
  const last = new Map<string, number>();
  for (const [key, id] of ids) {
    expect(id, `order of ${key}`).to.be.greaterThan(last.get(key) ?? -1);
    last.set(key, id);
  }
}
