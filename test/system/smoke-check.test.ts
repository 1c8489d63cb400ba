/** A check that finds nothing wrong proves nothing until something is: what Kafka holds is not what was sent. */

import { expect } from 'chai';
import { readBack } from '../../src/cli/smoke/read-back.ts';
import { type Sample, sample } from '../../src/cli/smoke/samples.ts';
import { NO_NEEDS } from '../../src/kinds/common/needs.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

const RUN = 'this-run';
const ALL = { binary: true, tombstones: true, keyless: true, needs: { ordinary: NO_NEEDS, error: NO_NEEDS } };

describe('reading a smoke test back', () => {
  let kafka: EmbeddedKafka;
  let producer: KafkaProducer;

  beforeEach(async () => {
    kafka = await EmbeddedKafka.start({ topics: { checked: 1 } });
    const config = { type: 'kafka', name: 'checked', bootstrap_servers: kafka.bootstrapServers } as const;
    producer = new KafkaProducer(config, { logger: quiet });
  });

  afterEach(async () => {
    await producer.shutdown(HANG_MS);
    await kafka.stop();
  });

  /** Delivers `sent` and checks whether it is `meant`. */
  async function check(sent: readonly Sample[], meant: readonly Sample[]) {
    for (const { isError, index: _index, ...message } of sent) await producer.send(message, { ...PATIENT, isError });
    const definition = { config: producer.config, kind: 'kafka' };
    const arrivals = meant.map((one) => ({ topic: 'checked', partition: 0, offset: 0, sample: one }));
    return readBack({ definition } as never, arrivals, { run: RUN, timeoutMs: 1500 });
  }

  const samples = (...indexes: number[]) => indexes.map((index) => sample(RUN, index, ALL));

  it('finds nothing wrong with any kind of message, nor with those of others', async () => {
    const ten = samples(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    const others = [sample('another-run', 0, ALL)];
    expect(await check([...others, ...ten], ten)).to.deep.equal({ readBack: 10, problems: [] });
  });

  it('says for which producer it could not', async () => {
    const config = { ...producer.config, bootstrap_servers: '127.0.0.1:1' };
    const arrivals = [{ topic: 'checked', partition: 0, offset: 0, sample: sample(RUN, 0, ALL) }];
    const reading = readBack({ name: 'orders', definition: { config } } as never, arrivals, {
      run: RUN,
      timeoutMs: 500,
    });
    const error = await reading.catch((thrown) => thrown);
    expect(error.message).to.match(/^orders: cannot read back: /);
  });

  it('finds what is missing', async () => {
    expect(await check(samples(0, 1), samples(0, 1, 2))).to.deep.equal({
      readBack: 2,
      problems: ['topic checked: 1 acknowledged but not found'],
    });
  });

  it('finds what was changed: a key, a value, a header, a tombstone', async () => {
    const [a, b, c, d, e] = samples(0, 1, 2, 8, 4) as [Sample, Sample, Sample, Sample, Sample];
    const header = (c.headers as [string, string][]).map(
      ([name, text]) => [name, `${text}!`.replace('/2!', '/2')] as const,
    );
    const changed = [{ ...a, key: 'other' }, { ...b, value: 1 }, { ...c, headers: header }, { ...d, value: '' }, e];
    expect(await check(changed, [a, b, c, d, e])).to.deep.equal({
      readBack: 1,
      problems: ['topic checked: 4 came back changed'],
    });
  });

  it('finds what was overtaken within its key, and only there', async () => {
    expect(await check(samples(5, 0, 1, 6), samples(0, 1, 5, 6))).to.deep.equal({
      readBack: 4,
      problems: ['topic checked: 1 out of order for their key'],
    });
  });
});
