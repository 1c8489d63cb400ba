import { expect } from 'chai';
import { PATIENT } from '../support/until.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import type { RabbitServer } from './server.ts';
import { reasonOf, type Settings, subject } from './subjects.ts';

const AT = 1_795_255_200_123;

describe('a message in RabbitMQ', () => {
  let server: RabbitServer;
  let inspector: Inspector;
  before(async function () {
    this.timeout(120_000);
    server = await rabbitServer();
    inspector = await Inspector.connect(server);
  });
  after(() => inspector.close());

  async function delivered(settings: Settings, send: (one: ReturnType<typeof subject>) => Promise<unknown>) {
    const one = subject(server, settings);
    try {
      await send(one);
    } finally {
      await one.producer.shutdown(5000);
    }
  }

  const only = async (queue: string) => {
    const [message, ...rest] = await inspector.takeAll(queue);
    expect(rest, queue).to.have.lengthOf(0);
    if (message === undefined) throw new Error(`nothing in ${queue}`);
    return message;
  };

  it('has key, headers, time and id where the page says', async () => {
    await inspector.pair('form');
    const headers: [string, string | Uint8Array | null][] = [
      ['text', 'grüße'],
      ['bytes', Uint8Array.of(0, 255)],
      ['none', null],
      ['Content-Type', 'text/plain'],
      ['twice', '1'],
      ['between', '2'],
      ['twice', '3'],
    ];
    await delivered({ exchange: 'form', content_type: 'application/json' }, async ({ producer }) => {
      await producer.send({ topic: 'a', key: 'k', value: Buffer.from('hello'), headers, timestamp: AT }, PATIENT);
      await producer.send({ topic: 'b', key: Uint8Array.of(1, 255), value: null }, PATIENT);
    });
    const [first, second] = await inspector.takeAll('form');
    expect(String(first?.content)).to.equal('hello');
    expect(first?.fields).to.deep.include({ exchange: 'form', routingKey: 'a' });
    expect(first?.properties).to.deep.include({
      contentType: 'text/plain',
      deliveryMode: 2,
      timestamp: Math.floor(AT / 1000),
    });
    expect(first?.properties.headers).to.deep.equal({
      text: 'grüße',
      bytes: Buffer.of(0, 255),
      none: null,
      'Content-Type': 'text/plain',
      twice: ['1', '3'],
      between: '2',
      'outspool-header-order': headers.map(([name]) => name),
      'outspool-key': 'k',
      timestamp_in_ms: AT,
    });
    expect(second?.properties).to.deep.include({ contentType: 'application/json' });
    expect(second?.properties.headers).to.deep.equal({
      'outspool-key': Buffer.of(1, 255),
      'outspool-tombstone': 'true',
    });
    expect(second?.content).to.have.lengthOf(0);
    expect(first?.properties.messageId).to.match(/^\S+$/);
    expect(second?.properties.messageId).to.match(/^\S+$/).and.not.equal(first?.properties.messageId);
  });

  it('has the same id when it goes again', async () => {
    await inspector.pair('again', { 'x-max-length': 1, 'x-overflow': 'reject-publish' });
    await delivered({ exchange: 'again' }, async ({ producer }) => {
      for (let index = 0; index < 5; index++) producer.produce({ value: index });
      const ids = new Map<string, Set<string>>();
      while (producer.stats().pending > 0) {
        const message = await inspector.take('again');
        const number = String(message?.content);
        if (message) ids.set(number, (ids.get(number) ?? new Set()).add(message.properties.messageId));
      }
      for (const [number, known] of ids) expect(known.size, number).to.equal(1);
    });
  });

  it('goes to further queues by its headers CC and BCC', async () => {
    for (const queue of ['one', 'two', 'three']) await inspector.channel.assertQueue(queue);
    await delivered({}, ({ producer }) =>
      producer.send({ topic: 'one', value: 1, headers: { CC: 'two', BCC: 'three' } }, PATIENT),
    );
    for (const queue of ['one', 'two', 'three']) expect((await only(queue)).fields.routingKey).to.equal('one');
  });

  it('that is not persistent says so', async () => {
    await inspector.channel.assertQueue('fleeting');
    await delivered({ persistent: false, queue_name: 'fleeting' }, ({ producer }) =>
      producer.send({ value: 1 }, PATIENT),
    );
    expect((await only('fleeting')).properties.deliveryMode).to.equal(1);
  });

  it('goes where exchange, routing key and their counterparts for errors say', async () => {
    const settings = {
      exchange: 'goods',
      error_exchange: 'bads',
      routing_key: 'goods.{topic}.{key}',
      error_routing_key: 'bads.{topic}',
      error_topic: 'failures',
    };
    await inspector.pair('goods');
    await inspector.pair('bads');
    await delivered(settings, async ({ producer, letters }) => {
      await producer.send({ topic: 'paid', key: 'k1', value: 1 }, PATIENT);
      await producer.send({ value: 2 }, { ...PATIENT, isError: true });
      producer.produce({ topic: 'paid', value: 3 });
      producer.produce({ topic: 'paid', key: Uint8Array.of(255), value: 4 });
      await producer.flush(60_000);
      expect(letters.map(reasonOf)).to.deep.equal([
        'its routing key holds its key, and the message has none',
        "the message's key is not UTF-8 text, as a routing key must be",
      ]);
    });
    expect((await only('goods')).fields.routingKey).to.equal('goods.paid.k1');
    expect((await only('bads')).fields.routingKey).to.equal('bads.failures');
  });

  it('finds what its producer has declared, which outlives a restart of the connection', async () => {
    const settings = {
      declare: true,
      exchange: 'made',
      error_exchange: 'made-errors',
      exchange_type: 'direct',
      queue_name: 'made-queue',
      queue_type: 'quorum' as const,
      queue_arguments: { 'x-max-length': 100 },
      binding_key: 'yes',
    };
    for (const _ of [1, 2])
      await delivered(settings, async ({ producer, letters }) => {
        await producer.send({ topic: 'yes', value: 1 }, PATIENT);
        producer.produce({ topic: 'no', value: 2 });
        await producer.flush(60_000);
        expect(letters).to.have.lengthOf(1);
      });
    expect(await inspector.takeAll('made-queue')).to.have.lengthOf(2);
    const options = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-max-length': 100 } };
    await inspector.channel.assertQueue('made-queue', options);
    await inspector.channel.assertExchange('made-errors', 'direct', { durable: true });
  });
});
