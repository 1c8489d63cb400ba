import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { LogLines } from '../support/log-lines.ts';

/** Longer than the first slice of a transactional call. */
const SLOW_MS = 1100;

describe('a transactional producer whose coordinator takes more than a second for each answer', () => {
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start();
    kafka.createTopic('slow', 1);
  });
  after(() => kafka.stop());

  it('commits its transactions with the client that it has', async () => {
    const logger = new LogLines();
    const settings = { type: 'kafka', name: 'slow', topic: 'slow', transactional_id: 'slow' } as const;
    const producer = new KafkaProducer({ ...settings, bootstrap_servers: kafka.bootstrapServers }, { logger });
    const send = async (value: string) => (await producer.send({ value }, { timeout: 60_000 })).offset ?? Number.NaN;
    const [before, last] = [await send('at full speed'), await send('at full speed, too')];
    // Newer embedded clusters store the mark of a commit behind its messages, as brokers do.
    const step = last - before;
    kafka.setRtt(SLOW_MS);
    const offsets = [await send('first'), await send('second')];
    kafka.setRtt(0);
    await producer.shutdown(5000);
    const warnings = logger.lines.filter(({ level }) => level === 'warn' || level === 'error');
    expect({ offsets, warnings }).to.deep.equal({ offsets: [last + step, last + 2 * step], warnings: [] });
    expect(step).to.be.oneOf([1, 2]);
  });
});
