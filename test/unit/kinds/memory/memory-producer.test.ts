import { expect } from 'chai';
import { ProducerRuntime } from '../../../../src/index.ts';
import { MemoryProducer } from '../../../../src/kinds/memory/memory-producer.ts';
import { PermanentSendError, PublishError } from '../../../../src/shared/errors.ts';
import { quiet } from '../../../support/quiet.ts';
import { yamlFile } from '../../config/helpers.ts';

describe('a producer in memory', () => {
  let producer: MemoryProducer;
  const config = { type: 'memory', name: 'orders', max_retries: 2, backoff_seconds: 0.01 } as const;
  const texts = (topic?: string) => producer.messages(topic).map((message) => message.text());

  beforeEach(() => {
    producer = new MemoryProducer(config, { logger: quiet });
  });
  afterEach(() => producer.shutdown(1000));

  it('has what was delivered, in order, by topic, when send has resolved', async () => {
    producer.produce({ value: 1 });
    producer.produce({ topic: 'other', value: 2 });
    await producer.send({ key: 'k', value: { three: 3 }, headers: { a: 'b' } });
    expect(texts()).to.deep.equal(['1', '2', '{"three":3}']);
    expect(texts('other')).to.deep.equal(['2']);
    const [, last] = producer.messages('orders');
    expect([String(last?.key), last?.json(), last?.headers.map(String)]).to.deep.equal(['k', { three: 3 }, ['a,b']]);
    producer.clear();
    expect(texts()).to.deep.equal([]);
  });

  it('is waited for', async () => {
    const [first, second] = [producer.take(), producer.take('orders', '5s')];
    for (const value of [1, 2, 3]) producer.produce({ value });
    expect([(await first).json(), (await second).json(), (await producer.take()).json()]).to.deep.equal([1, 2, 3]);
    const none = await producer.take('orders', 20).catch((error) => error);
    expect(none.message).to.equal('no message on orders within 20 ms');
    await producer.send({ value: 4 });
    expect((await producer.take()).json()).to.equal(4);
  });

  it('fails as it is told, and a message that fails for a while keeps its turn', async () => {
    producer.failNext(new Error('one'), new Error('two'));
    for (const value of [1, 2]) producer.produce({ value });
    await producer.flush(5000);
    expect(texts()).to.deep.equal(['1', '2']);
    producer.failWhen((message) => (message.json() === 4 ? new PermanentSendError('no fours') : undefined));
    const outcomes = await Promise.allSettled([3, 4, 5].map((value) => producer.send({ value })));
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    producer.failWhen();
    await producer.send({ value: 4 });
    expect(texts()).to.deep.equal(['1', '2', '3', '5', '4']);
  });

  it('is away, and back', async () => {
    await producer.send({ value: 1 });
    producer.down();
    const away = await producer.send({ value: 2 }, { timeout: 30 }).catch((error) => error);
    expect(away).to.be.instanceOf(PublishError);
    producer.produce({ value: 3 });
    producer.up();
    expect(await producer.flush(5000)).to.deep.equal({ remaining: 0 });
    expect(texts().at(-1)).to.equal('3');
    expect(producer.stats().pending).to.equal(0);
  });

  it('keeps so many, and no more', async () => {
    const small = new MemoryProducer({ ...config, keep: 2 }, { logger: quiet });
    for (const value of [1, 2, 3]) small.produce({ value });
    await small.flush();
    expect(small.messages().map((message) => message.json())).to.deep.equal([2, 3]);
    await small.shutdown();
  });

  it('shares nothing with another one, also of the same configuration', async () => {
    const other = new MemoryProducer(producer.config, { logger: quiet });
    await Promise.all([producer.send({ value: 1 }), other.send({ value: 2 })]);
    expect([texts(), other.messages().map((message) => message.text())]).to.deep.equal([['1'], ['2']]);
    await other.shutdown();
  });

  it('comes out of YAML', async () => {
    const file = await yamlFile('producers: [{ type: memory, name: orders }]');
    const runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    const orders = runtime.producer('orders') as MemoryProducer;
    await orders.send({ value: 1 });
    expect(orders.messages()).to.have.lengthOf(1);
    await runtime.shutdown();
  });
});
