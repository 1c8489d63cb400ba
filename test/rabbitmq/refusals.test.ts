import { expect } from 'chai';
import type { MessageInput } from '../../src/shared/message/message.ts';
import { PATIENT } from '../support/until.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import { LARGEST, type RabbitServer } from './server.ts';
import { reasonOf, subject } from './subjects.ts';

const MANY = 60;
const BAD = 30;

describe('what RabbitMQ refuses', () => {
  let server: RabbitServer;
  let inspector: Inspector;
  before(async function () {
    this.timeout(120_000);
    server = await rabbitServer();
    inspector = await Inspector.connect(server);
  });
  after(() => inspector.close());

  /** Numbered messages, of which number BAD is another one. */
  function produceAround(producer: { produce(message: MessageInput): boolean }, bad: Partial<MessageInput>): void {
    for (let index = 0; index < MANY; index++) producer.produce({ value: index, ...(index === BAD && bad) });
  }

  const others = Array.from({ length: MANY }, (_, index) => index).filter((index) => index !== BAD);

  /** In the order in which each came first: the search for a bad message repeats good ones. */
  const arrivals = async (queue: string): Promise<number[]> => [
    ...new Set((await inspector.takeAll(queue)).map(({ content }) => Number(content))),
  ];

  it('an unroutable message is dead-lettered with reply code and text, the others are delivered once', async () => {
    await inspector.pair('unroutable');
    await inspector.channel.unbindQueue('unroutable', 'unroutable', '#');
    await inspector.channel.bindQueue('unroutable', 'unroutable', 'known');
    const { producer, letters } = subject(server, { exchange: 'unroutable', topic: 'known' });
    produceAround(producer, { topic: 'nobody' });
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(letters.map(reasonOf)).to.deep.equal([
      "unroutable (312 NO_ROUTE): no queue is bound to exchange 'unroutable' for routing key 'nobody'",
    ]);
    expect(letters[0]?.attempts).to.have.lengthOf(1);
    expect((await inspector.takeAll('unroutable')).map(({ content }) => Number(content))).to.deep.equal(others);
    await producer.shutdown(5000);
  });

  it('without mandatory, RabbitMQ discards it and it counts as delivered', async () => {
    const { producer, letters } = subject(server, { mandatory: false });
    await producer.send({ topic: 'no-such-queue', value: 1 }, PATIENT);
    expect(letters).to.have.lengthOf(0);
    await producer.shutdown(5000);
  });

  for (const [name, bad, reason] of [
    [
      'is too large (406)',
      { value: Buffer.alloc(LARGEST + 1) },
      /refuses the message, .*PRECONDITION_FAILED - message size/,
    ],
    ['has a header with too long a name', { headers: { ['n'.repeat(300)]: 'x' } }, /^AMQP cannot say this message: /],
    ['has a header of ours', { headers: { timestamp_in_ms: '1' } }, /cannot have a header 'timestamp_in_ms'/],
    ['has too many headers', { headers: { many: 'x'.repeat(70_000) } }, /^AMQP cannot say this message: .*65536/],
    ['has too long a routing key', { topic: 'k'.repeat(256) }, /^the routing key is longer than 255 bytes$/],
  ] as const)
    it(`a message that ${name} is dead-lettered alone, the others are delivered in order`, async () => {
      const queue = `poison-${name.length}`;
      await inspector.pair(queue);
      const { producer, letters } = subject(server, { exchange: queue });
      produceAround(producer, bad);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(letters.map(reasonOf)[0]).to.match(reason);
      expect(letters).to.have.lengthOf(1);
      expect(await arrivals(queue)).to.deep.equal(others);
      expect(producer.stats().connection).to.equal('connected');
      await producer.shutdown(5000);
    });

  it('messages whose own routing keys a topic permission refuses are dead-lettered, each alone, on few channels', async () => {
    await inspector.pair('by-topic');
    const { username, password } = server.users.admin;
    await server.control('set_topic_permissions', '-p', '/', username, 'by-topic', '^good', '.*');
    const { producer, letters } = subject(server, { exchange: 'by-topic', username, password });
    const before = server.channelErrors;
    for (let index = 0; index < MANY; index++)
      producer.produce({ value: index, topic: index % 20 === 10 ? `bad.${index}` : 'good' });
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    await server.control('clear_topic_permissions', '-p', '/', username);
    expect(letters.map(reasonOf)[0]).to.match(/no permission for its routing key: ACCESS_REFUSED/);
    expect(letters.map(({ message }) => message.topic)).to.deep.equal(['bad.10', 'bad.30', 'bad.50']);
    expect(server.channelErrors - before, 'one for each, without a search').to.equal(3);
    expect(new Set(await arrivals('by-topic')).size).to.equal(MANY - 3);
    await producer.shutdown(5000);
  });

  it('messages whose own routing keys quote the refusal of the configured one are dead-lettered: no outage', async () => {
    await inspector.pair('quoted');
    const { username, password } = server.users.admin;
    await server.control('set_topic_permissions', '-p', '/', username, 'quoted', '^orders$', '.*');
    const { producer, letters } = subject(server, { exchange: 'quoted', topic: 'orders', username, password });
    const short = "orders' in exchange 'quoted' in vhost '";
    const hostile = [short, short.slice(0, -1), short + 'v'.repeat(200)];
    for (let index = 0; index < MANY; index++)
      producer.produce({ value: index, topic: index % 20 === 10 ? (hostile[(index - 10) / 20] as string) : 'orders' });
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    await server.control('clear_topic_permissions', '-p', '/', username);
    expect(letters.map(({ message }) => message.topic)).to.deep.equal(hostile);
    for (const reason of letters.map(reasonOf)) expect(reason).to.include('no permission for its routing key');
    expect(new Set(await arrivals('quoted')).size).to.equal(MANY - hostile.length);
    await producer.shutdown(5000);
  });

  it('a full queue that refuses (nack) is tried again until there is room, and all arrive in order', async () => {
    await inspector.pair('full', { 'x-max-length': 5, 'x-overflow': 'reject-publish' });
    const { producer, letters, log } = subject(server, { exchange: 'full', max_in_flight: 1 });
    for (let index = 0; index < 20; index++) producer.produce({ value: index });
    const arrived: number[] = [];
    while (arrived.length < 20) {
      const next = await inspector.take('full');
      if (next !== undefined) arrived.push(Number(next.content));
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(arrived).to.deep.equal([...arrived].sort((a, b) => a - b));
    expect(new Set(arrived).size).to.equal(20);
    expect(letters).to.have.lengthOf(0);
    expect(log.all).to.contain('RabbitMQ did not take the message (nack)');
    await producer.shutdown(5000);
  });

  it('what came in behind a refused message goes again behind it', async () => {
    await inspector.pair('behind', { 'x-max-length': 5, 'x-overflow': 'reject-publish' });
    const { producer } = subject(server, { exchange: 'behind' });
    for (let index = 0; index < 200; index++) producer.produce({ value: index });
    const arrived: number[] = [];
    for (let idle = 0; idle < 20 || producer.stats().pending > 0; ) {
      const next = await inspector.take('behind');
      idle = next === undefined ? idle + 1 : 0;
      if (next !== undefined) arrived.push(Number(next.content));
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const last = [...new Set([...arrived].reverse())].reverse();
    expect(last, 'by the last time that each came').to.deep.equal(Array.from({ length: 200 }, (_, index) => index));
    await producer.shutdown(5000);
  });
});
