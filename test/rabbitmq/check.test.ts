import { expect } from 'chai';
import type { CheckReport } from '../../src/caller/check/check.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import type { RabbitServer } from './server.ts';
import { type Settings, subject } from './subjects.ts';

describe('check() of a RabbitMQ producer', () => {
  let server: RabbitServer;
  let inspector: Inspector;
  before(async function () {
    this.timeout(120_000);
    server = await rabbitServer();
    inspector = await Inspector.connect(server);
    await inspector.pair('checked');
  });
  after(() => inspector.close());

  async function check(settings: Settings, options: { roundTrip?: boolean } = {}): Promise<CheckReport> {
    const { producer } = subject(server, settings);
    try {
      return await producer.check({ timeout: 10_000, ...options });
    } finally {
      await producer.shutdown(1000);
    }
  }

  const failed = ({ layers }: CheckReport) => layers.find(({ ok, reached }) => !ok && reached);

  it('passes every layer, and sends nothing by it', async () => {
    const report = await check({ exchange: 'checked', queue_name: 'checked', routing_key: '{topic}' });
    expect(report.ok).to.equal(true);
    expect(report.layers.map(({ layer }) => layer)).to.deep.equal([
      'dns',
      'tcp',
      'tls',
      'sasl',
      'vhost',
      'topology',
      'authorisation',
    ]);
    expect(report.layers.at(-1)?.note).to.equal("may publish to exchange 'checked'");
    expect(await inspector.takeAll('checked')).to.have.lengthOf(0);
  });

  it('makes nothing, also where the producer would', async () => {
    const report = await check({ exchange: 'not-made', declare: true });
    expect(report.ok).to.equal(true);
    expect(report.layers.at(-2)?.note).to.match(/exchange 'not-made' is not there yet: the producer makes it/);
    expect((await check({ exchange: 'not-made' })).ok).to.equal(false);
  });

  it('fails as the producer would where what is declared is there, and another one', async () => {
    const topology = ({ layers }: CheckReport) => layers.find(({ layer }) => layer === 'topology');
    await inspector.channel.assertExchange('checked-topic', 'topic');
    const same: Settings = { exchange: 'checked-topic', exchange_type: 'topic', declare: true };
    expect(topology(await check(same))?.ok).to.equal(true);
    for (const [settings, setting] of [
      [{ ...same, exchange_type: 'direct' }, 'exchange'],
      [{ ...same, exchange: 'not-made', error_exchange: 'checked-topic', exchange_type: 'direct' }, 'error_exchange'],
      [{ ...same, queue_name: 'checked', queue_arguments: { 'x-max-length': 5 } }, 'queue_name'],
    ] as const) {
      const found = topology(await check(settings));
      expect(found, setting).to.deep.include({ ok: false, setting });
      expect(found?.problem, setting).to.match(/ is there already, and another one \(/);
    }
    expect((await check({ exchange: 'not-made' })).ok).to.equal(false);
    expect((await check({ ...same, queue_name: 'checked' })).ok).to.equal(true);
    await inspector.channel.publish('checked-topic', 'any', Buffer.from('x'));
    expect(await inspector.takeAll('checked'), 'no binding is made').to.have.lengthOf(0);
  });

  it('warns of a queue that is not there, where it is known which one a message goes to', async () => {
    const warning = ({ layers }: CheckReport) => layers.find(({ layer }) => layer === 'topology')?.warning;
    const report = await check({ topic: 'no-such-queue' });
    expect(report.ok).to.equal(true);
    expect(warning(report)).to.equal("there is no queue 'no-such-queue': such messages are unroutable");
    expect(warning(await check({ topic: 'checked' }))).to.equal(undefined);
  });

  it('a round trip goes all the way', async () => {
    const report = await check({ exchange: 'checked' }, { roundTrip: true });
    expect(report.layers.at(-1)).to.deep.include({ layer: 'round trip', ok: true });
    expect(await inspector.takeAll('checked')).to.have.lengthOf(1);
  });

  it('says of a server that takes no messages for now that it waits', async function () {
    this.timeout(60_000);
    await server.control('set_vm_memory_high_watermark', 'absolute', '1');
    try {
      const report = await check({ exchange: 'checked' });
      expect(report.ok).to.equal(true);
      expect(report.layers.at(-1)?.warning).to.match(/^RabbitMQ takes no messages for now \(low on memory\)/);
    } finally {
      await server.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    }
  });

  it('ends at the layer that fails, with the setting to look at', async () => {
    const { restricted, outsider } = server.users;
    for (const [settings, layer, setting] of [
      [{ url: 'amqp://nowhere.invalid' }, 'dns', 'url'],
      [{ url: 'amqp://127.0.0.1:1' }, 'tcp', 'url'],
      [{ url: `amqps://127.0.0.1:${server.port}` }, 'tls', 'url'],
      [{ url: `amqp://127.0.0.1:${server.tlsPort}` }, 'tls', 'url'],
      [{ url: `amqps://localhost:${server.tlsPort}` }, 'tls', 'ssl_cafile'],
      [{ password: 'wrong' }, 'sasl', 'password'],
      [{ ...outsider }, 'vhost', 'vhost'],
      [{ exchange: 'nowhere' }, 'topology', 'exchange'],
      [{ queue_name: 'nowhere' }, 'topology', 'queue_name'],
      [{ exchange: 'checked', ...restricted }, 'authorisation', 'exchange'],
    ] as const) {
      const report = await check(settings);
      expect(failed(report), layer).to.deep.include({ layer, setting });
      expect(failed(report)?.problem, layer).to.be.a('string');
    }
  });
});
