import { expect } from 'chai';
import { withoutStrangers } from '../../../../../src/kinds/kafka/explain/strangers.ts';
import { EmbeddedKafka } from '../../../../../src/testing/embedded-kafka.ts';
import { FakeBroker, int16, soundVersions, VERSIONS } from '../../../../support/fake-broker.ts';

describe('the check for servers that are not Kafka', () => {
  const check = (...servers: string[]) =>
    withoutStrangers({ properties: { 'bootstrap.servers': servers.join(',') }, log: () => {} });

  it('does not ask a server again that has just answered well', async () => {
    const metadata = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0]);
    const broker = await FakeBroker.start((asked) => (asked.api === VERSIONS ? soundVersions(asked) : metadata));
    for (const _time of [1, 2, 3]) await check(broker.address);
    await broker.stop();
    expect(broker.asked.map(({ api, version }) => [api, version])).to.deep.equal([
      [18, 3],
      [3, 12],
    ]);
  });

  it('takes from the connect timeout what it has taken itself', async () => {
    const options = { properties: { 'bootstrap.servers': '127.0.0.1:1' }, connectTimeoutMs: 1000, log: () => {} };
    expect((await withoutStrangers(options)).connectTimeoutMs)
      .to.be.below(1000)
      .and.above(0);
  });

  it('leaves a connect timeout that there is none of as it is', async () => {
    expect(await check('127.0.0.1:1')).not.to.have.property('connectTimeoutMs');
  });

  it('asks nothing where librdkafka asks for no versions', async () => {
    const broker = await FakeBroker.start(() => Buffer.alloc(64));
    const properties = { 'bootstrap.servers': broker.address, 'api.version.request': 'false' };
    expect((await withoutStrangers({ properties, log: () => {} })).properties).to.equal(properties);
    await broker.stop();
    expect(broker.asked).to.deep.equal([]);
  });

  const FAMILIES: Readonly<Record<string, boolean>> = { any: true, v4: true, V4: true, v6: false, V6: false };
  for (const [family, isUsed] of Object.entries(FAMILIES))
    for (const host of ['127.0.0.1', 'localhost'])
      it(`${isUsed ? 'asks' : 'leaves alone'} a server on 127.0.0.1 that is named ${host}, with broker.address.family ${family}`, async () => {
        const broker = await FakeBroker.start(() => Buffer.alloc(64));
        const server = broker.address.replace('127.0.0.1', host);
        const properties = { 'bootstrap.servers': server, 'broker.address.family': family };
        const options = { properties, log: () => {} };
        const found = await withoutStrangers(options).catch(String);
        await broker.stop();
        if (isUsed) expect(found).to.match(/ConnectError/);
        else expect([found, broker.asked]).to.deep.equal([options, []]);
      });

  it('does not take one kind of address for known because the other one has answered', async () => {
    const metadata = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0]);
    const broker = await FakeBroker.start((asked) => (asked.api === VERSIONS ? soundVersions(asked) : metadata));
    for (const family of ['v4', 'any', 'v4']) {
      const properties = { 'bootstrap.servers': broker.address, 'broker.address.family': family };
      await withoutStrangers({ properties, log: () => {} });
    }
    await broker.stop();
    expect(broker.asked.map(({ api }) => api)).to.deep.equal([18, 3, 18, 3]);
  });

  it('asks a server that answered nonsense at each time', async () => {
    const broker = await FakeBroker.start(() => Buffer.alloc(64));
    for (const _time of [1, 2]) expect(await check(broker.address).catch(String)).to.match(/ConnectError/);
    await broker.stop();
    expect(broker.asked).to.have.lengthOf(2);
  });

  it('takes the answers of old brokers for Kafka', async () => {
    const old = await FakeBroker.start((asked) => {
      if (asked.api !== VERSIONS) return Buffer.alloc(64);
      return asked.version > 0 ? int16(35) : Buffer.concat([int16(0), Buffer.from([0, 0, 0, 1]), int16(0, 0, 2)]);
    });
    expect((await check(old.address)).properties).to.deep.equal({ 'bootstrap.servers': old.address });
    await old.stop();
    expect(old.asked.map(({ version }) => version)).to.deep.equal([3, 0]);
  });

  it('takes an embedded cluster of several brokers for Kafka', async () => {
    await using kafka = await EmbeddedKafka.start({ brokers: 3 });
    expect((await check(...kafka.bootstrapServers.split(','))).properties).to.deep.equal({
      'bootstrap.servers': kafka.bootstrapServers,
    });
  });
});
