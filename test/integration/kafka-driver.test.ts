import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { KafkaDriver, KafkaDriverOptions } from '../../src/kinds/kafka/driver.ts';
import { LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { NodeRdkafkaDriver } from '../../src/kinds/kafka/node-rdkafka/driver.ts';
import { PermanentSendError, TransientSendError } from '../../src/shared/errors.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { type ReadMessage, readTopic } from '../../src/testing/read-topic.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { PackedBatch, type PlainRecord } from '../support/packed-batch.ts';
import { until } from '../support/until.ts';

interface Kind {
  readonly name: string;
  readonly create: (options: KafkaDriverOptions) => KafkaDriver;
  /** It purges for real, carries any header, and knows the true code of a report. */
  readonly native: boolean;
}

const ALL_KINDS: readonly Kind[] = [
  { name: 'librdkafka', create: (options) => new LibrdkafkaDriver(options), native: true },
  { name: 'node-rdkafka', create: (options) => new NodeRdkafkaDriver(options), native: false },
];
const KINDS = ALL_KINDS.filter(({ native }) => native || hasNodeRdkafka);

const within = (ms: number) => AbortSignal.timeout(ms);
/** A deadline, in ms, that outlasts the test: what ends has not waited for it. */
const NEVER_MS = 3_600_000;
/** What librdkafka itself waits for outlasts the test, too. */
const PATIENT_CLIENT = { 'socket.timeout.ms': '300000', 'socket.connection.setup.timeout.ms': '300000' };
const PATIENT_TOPIC = { 'request.timeout.ms': '900000' };
const textOf = ({ value }: ReadMessage) => value?.toString();

for (const kind of KINDS) {
  describe(`Kafka driver ${kind.name}`, () => {
    let kafka: EmbeddedKafka;
    let topic = '';
    let serial = 0;
    const drivers: KafkaDriver[] = [];

    before(async () => {
      kafka = await EmbeddedKafka.start();
    });
    after(() => kafka.stop());
    beforeEach(() => {
      topic = `${kind.name}-${serial++}`;
      kafka.createTopic(topic, 3);
    });
    afterEach(async () => {
      kafka.clearErrors();
      kafka.setRtt(0);
      await Promise.all(drivers.splice(0).map((driver) => driver.close(2000)));
    });

    type Properties = Record<string, string>;

    function create(
      properties: Properties = {},
      bootstrapServers = kafka.bootstrapServers,
      topicProperties: Properties = {},
    ): KafkaDriver {
      const driver = kind.create({
        properties: { 'bootstrap.servers': bootstrapServers, 'linger.ms': '2', ...properties },
        topicProperties: { 'message.timeout.ms': '0', ...topicProperties },
        defaults: { topic, errorTopic: `${topic}-errors` },
        log: () => {},
      });
      drivers.push(driver);
      return driver;
    }

    async function opened(properties?: Properties, topicProperties?: Properties): Promise<KafkaDriver> {
      const driver = create(properties, kafka.bootstrapServers, topicProperties);
      await driver.open(within(NEVER_MS));
      return driver;
    }

    const batchOf = (records: readonly PlainRecord[], skip?: (index: number) => boolean): PackedBatch =>
      Object.assign(new PackedBatch(records, skip), { defaults: { topic, errorTopic: `${topic}-errors` } });

    const read = (count: number, from = topic) =>
      readTopic({ bootstrapServers: kafka.bootstrapServers, topic: from, count, timeoutMs: 60_000 });

    for (const idempotence of ['true', 'false']) {
      it(`opens with enable.idempotence=${idempotence} without waiting for a time-out`, async () => {
        await opened({ 'enable.idempotence': idempotence, ...PATIENT_CLIENT });
      });
    }

    // With a partition, and without: the native driver has a path for each.
    for (const partition of [0, undefined]) {
      it(`delivers keys and values exactly: text, bytes, empty, none (partition ${partition})`, async () => {
        const driver = await opened();
        const one = `${topic}-one`;
        kafka.createTopic(one, 1);
        const bytes = Buffer.from([0, 255, 0, 128]);
        const parts: [Buffer | null, Buffer | null][] = [
          [Buffer.from('kéy'), Buffer.from('välue')],
          [bytes, bytes],
          [Buffer.alloc(0), Buffer.alloc(0)],
          [null, Buffer.from('no key')],
          [Buffer.from('tombstone'), null],
        ];
        const place = { topic: one, ...(partition !== undefined && { partition }) };
        const batch = batchOf(parts.map(([key, value]) => ({ key, value, ...place })));
        await driver.produceBatch(batch);
        expect(batch.reports.map((report) => report?.offset)).to.deep.equal([0, 1, 2, 3, 4]);
        const messages = await read(parts.length, one);
        expect(messages.map(({ key, value }) => [key, value])).to.deep.equal(parts);
      });
    }

    it('delivers headers in order, repeated names too, and timestamps', async () => {
      const driver = await opened();
      const headers = [
        ['a', '1'],
        ['b', 'zwei ü'],
        ['a', '3'],
      ] as const;
      await driver.produceBatch(batchOf([{ value: 'x', headers, timestamp: 1_700_000_000_123 }]));
      const [message] = await read(1);
      expect(message?.headers.map(([name, value]) => [name, value?.toString()])).to.deep.equal(headers);
      expect(message?.timestamp).to.equal(1_700_000_000_123);
    });

    it('sends to the topic of the record, the default topic and the error topic', async () => {
      const driver = await opened();
      const records = [{ value: 'default' }, { value: 'other', topic: `${topic}-other` }, { value: 'error', flags: 1 }];
      await driver.produceBatch(batchOf(records));
      expect((await read(1)).map(textOf)).to.deep.equal(['default']);
      expect((await read(1, `${topic}-other`)).map(textOf)).to.deep.equal(['other']);
      expect((await read(1, `${topic}-errors`)).map(textOf)).to.deep.equal(['error']);
    });

    it('leaves alone what the batch skips', async () => {
      const driver = await opened();
      const batch = batchOf([{ value: '0' }, { value: '1' }, { value: '2' }], (index) => index === 1);
      await driver.produceBatch(batch);
      expect([...batch.deliveredAt]).to.have.members([0, 2]);
    });

    it('keeps the order of every partition over many batches, with a queue that is always full', async () => {
      const driver = await opened({ 'queue.buffering.max.messages': '100', 'enable.idempotence': 'true' });
      const batches = Array.from({ length: 20 }, (_, batch) => {
        const records = Array.from({ length: 100 }, (_, index): PlainRecord => {
          const n = batch * 100 + index;
          // One in seven takes the slow path, so that both paths are in line.
          return { key: `k${n % 10}`, value: String(n), ...(n % 7 === 0 && { headers: [['h', 'v'] as const] }) };
        });
        return batchOf(records);
      });
      await Promise.all(batches.map((batch) => driver.produceBatch(batch)));
      expect(batches.map(({ deliveredAt }) => deliveredAt.size)).to.deep.equal(batches.map(() => 100));
      expectOrder(await read(2000), 2000);
    });

    it('says that a connection was refused before its deadline', async () => {
      const error = await create({}, '127.0.0.1:1')
        .open(within(NEVER_MS))
        .catch((thrown) => thrown);
      expect(error).to.have.property('name', 'ConnectError');
      expect(error.message).to.match(/refused/i);
    });

    it('says that a name does not resolve', async () => {
      const error = await create({}, 'no-such-host.invalid:9092')
        .open(within(NEVER_MS))
        .catch((thrown) => thrown);
      expect(error.message).to.match(/resolve|not known/i);
    });

    it('can be closed before it was opened, after a failed open, and twice', async () => {
      const driver = create({}, '127.0.0.1:1');
      await driver.close(100);
      await driver.open(within(200)).catch(() => {});
      await driver.close(500);
      await driver.close(500);
    });

    it('blames a message that was refused alone, and none for what may pass', async () => {
      const driver = await opened({ 'enable.idempotence': 'false', retries: '0' });
      kafka.failProduce(87, 19);
      const permanent = batchOf([{ value: '1' }]);
      await driver.produceBatch(permanent);
      expect(permanent.failures.get(0)).to.be.instanceOf(PermanentSendError).and.have.property('condemns', 'message');
      const transient = batchOf([{ value: '1' }]);
      await driver.produceBatch(transient);
      expect(transient.failures.get(0)).to.be.instanceOf(TransientSendError);
    });

    it('refuses a message that is too large, and it alone', async () => {
      const driver = await opened({ 'message.max.bytes': '2000' });
      const batch = batchOf([{ value: 'a' }, { value: Buffer.alloc(3000) }, { value: 'b' }]);
      await driver.produceBatch(batch);
      expect([...batch.deliveredAt]).to.have.members([0, 2]);
      expect(batch.failures.get(1)).to.be.instanceOf(PermanentSendError).and.have.property('condemns', 'message');
    });

    it('takes the answer to what is in flight at a recall, and the client goes on', async () => {
      const driver = await opened(PATIENT_CLIENT, PATIENT_TOPIC);
      await driver.produceBatch(batchOf([{ value: 'first', partition: 0 }]));
      kafka.setRtt(NEVER_MS);
      kafka.produceRequests(); // counts from here
      const batch = batchOf([{ value: 'in flight', partition: 0 }]);
      const ended = driver.produceBatch(batch);
      await until(() => kafka.produceRequests() > 0);
      driver.recall();
      await sleep(100); // a purge would take it back meanwhile
      kafka.setRtt(0);
      await ended;
      await driver.produceBatch(batchOf([{ value: 'last', partition: 0 }]));
      expect(batch.reports.map((report) => report?.offset)).to.deep.equal([1]);
      expect((await read(3)).map(textOf)).to.deep.equal(['first', 'in flight', 'last']);
    });

    it('gives everything back on purge while the broker is down, and delivers it afterwards', async () => {
      let driver = await opened(PATIENT_CLIENT, PATIENT_TOPIC);
      const batch = batchOf(Array.from({ length: 500 }, (_, n) => ({ key: `k${n % 10}`, value: String(n) })));
      kafka.brokerDown();
      const pending = driver.produceBatch(batch);
      await new Promise((resolve) => setTimeout(resolve, 50));
      driver.purge();
      await pending;
      expect(batch.open).to.equal(500);
      kafka.brokerUp();
      if (!kind.native) {
        await driver.close(1000);
        driver = await opened();
      }
      while (batch.open > 0) await driver.produceBatch(batch);
      expectOrder(await read(500), 500);
    });

    it('closes within its deadline with messages that cannot be delivered', async () => {
      const driver = await opened(PATIENT_CLIENT, PATIENT_TOPIC);
      kafka.brokerDown();
      const pending = driver.produceBatch(batchOf([{ value: 'x' }]));
      await driver.close(500);
      await pending;
      kafka.brokerUp();
    });

    if (kind.native) nativeOnly();
    else jsOnly();

    function nativeOnly(): void {
      it('can be closed while it is opening, and from within a delivery report', async () => {
        const opening = create({}, '127.0.0.1:1');
        const pending = opening.open(within(NEVER_MS)).catch((thrown) => thrown);
        await opening.close(0);
        expect(await pending).to.have.property('name', 'ConnectError');
        const driver = await opened();
        const batch = batchOf(Array.from({ length: 2000 }, () => ({ value: 'x' })));
        let closing: Promise<void> | undefined;
        batch.delivered = () => {
          closing ??= driver.close(0);
        };
        await driver.produceBatch(batch);
        await closing;
      });

      it('applies topic properties', async () => {
        const driver = await opened({}, { 'message.timeout.ms': '300' });
        await driver.produceBatch(batchOf([{ value: 'the topic is known' }]));
        kafka.brokerDown();
        const batch = batchOf([{ value: 'x' }]);
        await driver.produceBatch(batch);
        kafka.brokerUp();
        expect(batch.failures.get(0)).to.have.property('kafkaName', '_MSG_TIMED_OUT');
      });

      it('passes the report on only where somebody waits for it', async () => {
        const driver = await opened();
        const batch = batchOf([{ value: 'x', flags: 0 }, { value: 'y' }]);
        await driver.produceBatch(batch);
        expect(batch.reports.map((report) => report !== undefined)).to.deep.equal([false, true]);
      });

      it('delivers binary headers and headers without a value', async () => {
        const driver = await opened();
        const batch = batchOf([
          {
            value: 'x',
            headers: [
              ['binary', Buffer.from([0, 255])],
              ['none', null],
            ],
          },
        ]);
        await driver.produceBatch(batch);
        const [message] = await read(1);
        expect(message?.headers[0]).to.deep.equal(['binary', Buffer.from([0, 255])]);
        expect(message?.headers).to.have.length(2);
      });

      it('delivers 100 000 messages in the order of each partition', async () => {
        const driver = await opened({ 'enable.idempotence': 'true' });
        const batches = Array.from({ length: 250 }, (_, batch) => {
          const numbers = Array.from({ length: 400 }, (_, index) => batch * 400 + index);
          return batchOf(numbers.map((n) => ({ key: `k${n % 100}`, value: String(n) })));
        });
        await Promise.all(batches.map((batch) => driver.produceBatch(batch)));
        expectOrder(await read(100_000), 100_000);
      });

      it('refuses a corrupt record, and what comes after it still goes', async () => {
        const driver = await opened();
        const batch = batchOf([{ value: 'a' }, { key: 'b', value: 'b' }]);
        new DataView(batch.memory.buffer).setInt32((batch.offsets[1] as number) + 16, 1 << 20, true);
        const error = await driver.produceBatch(batch).catch((thrown) => thrown);
        expect(error.message).to.match(/corrupt record/);
        const next = batchOf([{ value: 'c' }]);
        await driver.produceBatch(next);
        expect(next.open).to.equal(0);
      });

      it('hands nothing over after a failure until all has come back', async () => {
        const driver = await opened({
          'enable.idempotence': 'false',
          retries: '0',
          'queue.buffering.max.messages': '1',
        });
        kafka.failProduce(19);
        const batch = batchOf([{ value: '0' }, { value: '1' }]);
        const behind = batchOf([{ value: '2' }]);
        await Promise.all([driver.produceBatch(batch), driver.produceBatch(behind)]);
        expect([...batch.failures.keys()]).to.deep.equal([0]);
        expect([batch.open, behind.open]).to.deep.equal([1, 1]);
      });

      it('refuses a message that is larger than the whole queue', async () => {
        const driver = await opened({ 'queue.buffering.max.kbytes': '1', 'message.max.bytes': '100000' });
        const batch = batchOf([{ value: Buffer.alloc(5000) }, { value: 'b' }]);
        await driver.produceBatch(batch);
        expect(batch.failures.get(0)?.message).to.match(/queue.buffering.max.kbytes/);
        expect([...batch.deliveredAt]).to.deep.equal([1]);
      });

      it('refuses a partition that does not exist without losing count of it', async () => {
        const driver = await opened();
        await driver.produceBatch(batchOf([{ value: 'so that the topic is known' }]));
        const batch = batchOf([{ value: 'x', partition: 99 }]);
        await driver.produceBatch(batch);
        expect(batch.failures.get(0)).to.be.instanceOf(PermanentSendError);
      });

      it('rejects properties that librdkafka does not know', async () => {
        const error = await create({ 'no.such.property': '1' })
          .open(within(NEVER_MS))
          .catch((thrown) => thrown);
        expect(error).to.have.property('name', 'ConfigError');
        expect(error.message).to.include('no.such.property');
      });
    }

    function jsOnly(): void {
      it('refuses headers that it cannot carry', async () => {
        const driver = await opened();
        const batch = batchOf([
          { value: 'x', headers: [['binary', Buffer.from([255])]] },
          { value: 'x', headers: [['none', null]] },
          { value: 'y' },
        ]);
        await driver.produceBatch(batch);
        expect([...batch.failures.keys()]).to.deep.equal([0, 1]);
        expect(batch.failures.get(0)).to.be.instanceOf(PermanentSendError);
        expect([...batch.deliveredAt]).to.deep.equal([2]);
      });
    }
  });
}

/** Values are numbers that were sent in rising order. */
function expectOrder(messages: readonly ReadMessage[], count: number): void {
  const last = new Map<number, number>();
  const seen = new Set<number>();
  for (const message of messages) {
    const n = Number(textOf(message));
    expect(n).to.be.above(last.get(message.partition) ?? -1);
    last.set(message.partition, n);
    seen.add(n);
  }
  expect([messages.length, seen.size]).to.deep.equal([count, count]);
}
