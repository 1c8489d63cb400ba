/** What a message that is too large is refused with: by this producer with both figures, on either driver, in a transaction too. */

import { expect } from 'chai';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { messageBytes } from '../../src/kinds/kafka/batches/sizes.ts';
import type { KafkaDriverOptions } from '../../src/kinds/kafka/driver.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { NodeRdkafkaDriver } from '../../src/kinds/kafka/node-rdkafka/driver.ts';
import type { KafkaConfig } from '../../src/kinds/kafka/schema.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { PackedBatch, type PlainRecord } from '../support/packed-batch.ts';
import { quiet } from '../support/quiet.ts';

const LIMIT = 20_000;

/** Everything that counts, with lengths on both sides of each step of a varint (64, 8192). */
const SHAPES: Readonly<Record<string, Omit<PlainRecord, 'value'>>> = {
  'a value alone': {},
  'a key': { key: 'k'.repeat(300) },
  'an empty key': { key: '' },
  'a partition and a time': { partition: 0, timestamp: 1_700_000_000_000 },
  'short headers': {
    key: 'ä',
    headers: [
      ['ü', 'é'],
      ['', 'x'.repeat(63)],
      ['n'.repeat(64), ''],
    ],
  },
  'a long header': {
    headers: [
      ['h', 'x'.repeat(8191)],
      ['i', 'x'.repeat(8192)],
    ],
  },
};

describe('a message that is too large', () => {
  let kafka: EmbeddedKafka;

  before(async () => {
    kafka = await EmbeddedKafka.start({ topics: { sizes: 1 } });
  });
  after(() => kafka.stop());

  for (const Driver of hasNodeRdkafka ? [LibrdkafkaDriver, NodeRdkafkaDriver] : [LibrdkafkaDriver]) {
    describe(`for ${Driver.name}`, () => {
      let driver: InstanceType<typeof Driver>;

      const opened = async (properties: Record<string, string>) => {
        const options: KafkaDriverOptions = {
          properties: { 'bootstrap.servers': kafka.bootstrapServers, ...properties },
          topicProperties: { 'message.timeout.ms': '0' },
          defaults: { topic: 'sizes', errorTopic: 'sizes' },
          log: () => {},
        };
        driver = new Driver(options);
        await driver.open(AbortSignal.timeout(60_000));
      };

      afterEach(() => driver.close(2000));

      for (const [what, shape] of Object.entries(SHAPES)) {
        it(`is counted as librdkafka counts it: ${what}`, async () => {
          await opened({ 'message.max.bytes': String(LIMIT) });
          const room = LIMIT - messageBytes(new PackedBatch([{ ...shape, value: '' }]).message(0));
          const values = ['x'.repeat(room), 'x'.repeat(room + 1), 'small'];
          const batch = new PackedBatch(values.map((value) => ({ ...shape, value, topic: 'sizes' })));
          await driver.produceBatch(batch);
          expect([...batch.deliveredAt]).to.deep.equal([0, 2]);
          expect(batch.failures.get(1)?.message)
            .to.match(/^Local: Message size too large/)
            .and.contain(`${LIMIT + 1} bytes`)
            .and.contain(`'max_message_bytes' allows ${LIMIT} (MSG_SIZE_TOO_LARGE, 10)`);
        });
      }

      it('is refused with both figures when not even the empty queue has room for it', async () => {
        await opened({ 'message.max.bytes': '100000', 'queue.buffering.max.kbytes': '1' });
        const batch = new PackedBatch(['x'.repeat(5000), 'b'].map((value) => ({ value, topic: 'sizes' })));
        await driver.produceBatch(batch);
        expect([...batch.deliveredAt]).to.deep.equal([1]);
        expect(batch.failures.get(0)?.message)
          .to.match(/^Local: Message size too large/)
          .and.contain('5000 bytes')
          .and.contain('queue.buffering.max.kbytes, 1024 bytes')
          .and.contain("'max_message_bytes' (100000)");
      });
    });
  }

  const KINDS: Readonly<Record<string, Partial<KafkaConfig>>> = {
    plain: {},
    transactional: { transactional_id: 'sizes' },
    ...(hasNodeRdkafka && { 'node-rdkafka': { driver: 'node-rdkafka' } }),
  };

  for (const [kind, settings] of Object.entries(KINDS)) {
    it(`is dead-lettered with both figures, and the others are delivered: ${kind}`, async () => {
      const letters: DeadLetter[] = [];
      const producer = new KafkaProducer(
        {
          type: 'kafka',
          name: 'sizes',
          bootstrap_servers: kafka.bootstrapServers,
          max_message_bytes: 2000,
          ...settings,
        },
        { logger: quiet, deadLetter: (letter) => void letters.push(letter) },
      );
      for (const length of [1, 5000, 1]) producer.produce({ value: Buffer.alloc(length) });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(producer.stats()).to.include({ delivered: 2, deadLettered: 1 });
      expect(letters.map(({ reason }) => reason)).to.deep.equal([
        "PermanentSendError: Local: Message size too large: 5036 bytes with key, headers and framing, 'max_message_bytes' " +
          'allows 2000 (MSG_SIZE_TOO_LARGE, 10): this producer refused it and sent nothing; ' +
          "raise 'max_message_bytes' as far as the topic's 'max.message.bytes' allows",
      ]);
      await producer.shutdown(2000);
    });
  }
});
