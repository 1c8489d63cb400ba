import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { Ledger } from '../../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { Consumer } from '../../../../../../src/kinds/kafka/librdkafka/consume/consumer.ts';
import { MetadataCall } from '../../../../../../src/kinds/kafka/librdkafka/inspect/metadata.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { ConnectError } from '../../../../../../src/shared/errors.ts';
import { scriptedNative } from '../../../../../support/failing-native.ts';

describe('the properties of a consumer', () => {
  const real = loadNative();

  /** As librdkafka is given them, where it has this version. */
  async function given(properties: Readonly<Record<string, string>>, version = real.rdkafka.version()) {
    const { native, calls } = scriptedNative(real, { version: () => version });
    const ledger = new Ledger();
    const all = { log_level: '0', ...properties };
    const consumer = new Consumer({ properties: all, group: 'g', connectTimeoutMs: 1000 }, ledger, native);
    await consumer.close();
    expect(ledger.isEmpty).to.equal(true);
    return Object.fromEntries(calls.filter(([name]) => name === 'confSet').map(([, , name, value]) => [name, value]));
  }

  it('bound what it holds, commit nothing and report ends', async () => {
    expect(await given({})).to.include({
      'queued.max.messages.kbytes': '16384',
      'fetch.queue.backoff.ms': '10',
      'enable.auto.commit': 'false',
      'enable.partition.eof': 'true',
      'group.id': 'g',
    });
  });

  it('may be given, but for those that it relies on', async () => {
    const properties = { 'queued.max.messages.kbytes': '1024', 'enable.auto.commit': 'true', 'linger.ms': '5' };
    const wanted = await given(properties);
    expect(wanted).to.include({ 'queued.max.messages.kbytes': '1024', 'enable.auto.commit': 'false' });
    expect(wanted).to.not.have.property('linger.ms');
  });

  it('are those that an older librdkafka knows', async () => {
    expect(await given({}, 0x02_01_01_ff)).to.not.have.property('fetch.queue.backoff.ms');
  });
});

describe('the first question of a consumer', () => {
  afterEach(() => sinon.restore());

  it('holds a thread of the pool for a moment only, because it just begins to connect', async () => {
    const ask = sinon.spy(MetadataCall.prototype, 'ask');
    const properties = { log_level: '0', 'bootstrap.servers': '127.0.0.1:1' };
    const consumer = new Consumer({ properties, group: 'g', connectTimeoutMs: 1000 });
    const connecting = consumer.connected(AbortSignal.timeout(50)).catch((error: Error) => error);
    expect(ask.args.map(([, asked]) => asked)).to.deep.equal(['known']);
    expect(ask.args[0]?.[2]).to.be.within(1, 10);
    expect(await connecting).to.be.instanceOf(ConnectError);
    await consumer.close();
  });
});
