import { expect } from 'chai';
import type sinon from 'sinon';
import {
  ConfigError,
  DeliveryTimeoutError,
  PermanentSendError,
  ProducerClosedError,
  PublishError,
} from '../../../src/shared/errors.ts';
import { EngineRig, HeldTransport } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';

describe('callers that wait', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('it did not fail'),
      (reason: Error) => reason,
    );
  const noConnection = () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      throw new Error('connection refused');
    };
    return transport;
  };

  it('send resolves when the message was delivered, with what is known about it', async () => {
    const rig = new EngineRig();
    const sent = rig.engine.send({ topic: 'signups', key: 'a', value: { n: 1 } }, { isError: false }, {});
    await clock.tickAsync(10);
    const report = await sent;
    expect(report).to.include({ topic: 'signups', partition: null, offset: null });
    expect(report.message.json()).to.deep.equal({ n: 1 });
  });

  it('a queued message is withdrawn at the deadline, with the reason why nothing moves', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport, { maxMessages: 5000 });
    for (let index = 0; index < 33; index++) {
      rig.produce(index);
      await clock.tickAsync(0); // a lease each, until the credits are used up
    }
    const error = failure(rig.engine.send({ value: 'late' }, { isError: false }, { timeout: 100 }));
    await clock.tickAsync(100);
    expect(await error)
      .to.be.instanceOf(DeliveryTimeoutError)
      .and.include({ outcome: 'withdrawn', retriable: true });
    expect(rig.engine.stats()).to.include({ expired: 1, pending: 33 });
    transport.release();
    await clock.tickAsync(100);
    expect(transport.delivered).not.to.include('late');
  });

  it('a leased message has an unknown outcome at the deadline, and settles later', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport);
    const error = failure(rig.engine.send({ value: 1 }, { isError: false }, { timeout: 100 }));
    await clock.tickAsync(100);
    expect(await error)
      .to.be.instanceOf(DeliveryTimeoutError)
      .and.include({ outcome: 'unknown' });
    transport.release();
    await clock.tickAsync(10);
    expect(rig.engine.stats()).to.include({ delivered: 1, pending: 0 });
  });

  it('a timeout names the failure of the connection as its cause', async () => {
    const rig = new EngineRig(noConnection());
    const error = failure(rig.engine.send({ value: 1 }, { isError: false }, {}));
    await clock.tickAsync(10_000);
    expect((await error).message).to.include('connection refused');
    expect((await error).cause).to.be.instanceOf(Error);
  });

  it('an aborted signal ends a wait at once', async () => {
    const rig = new EngineRig(new HeldTransport());
    const abort = new AbortController();
    const error = failure(rig.engine.send({ value: 1 }, { isError: false }, { signal: abort.signal }));
    await clock.tickAsync(10);
    abort.abort(new Error('the caller left'));
    expect(await error)
      .to.be.instanceOf(PublishError)
      .and.include({ outcome: 'unknown' });
    expect((await error).cause).to.include({ message: 'the caller left' });
  });

  it('a dead-lettered message rejects its send with the reason inside', async () => {
    const poison = () => {
      throw new PermanentSendError('no such column');
    };
    const rig = new EngineRig(new ScriptedTransport(poison), { deadLetter: () => {} });
    const error = failure(rig.engine.send({ value: 1 }, { isError: false }, {}));
    await clock.tickAsync(10);
    expect(await error)
      .to.be.instanceOf(PublishError)
      .and.include({ outcome: 'dead_lettered' });
    expect((await error).cause).to.be.instanceOf(PermanentSendError);
  });

  it('flush waits for what was accepted before it, and for nothing that came later', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport);
    rig.produce(1, 2);
    const flushed = rig.engine.flush({ timeout: 100 });
    await clock.tickAsync(1);
    rig.produce(3);
    await clock.tickAsync(99);
    expect(await flushed).to.deep.equal({ remaining: 2 });
    const again = rig.engine.flush({ timeout: 100 });
    transport.release();
    await clock.tickAsync(10);
    expect(await again).to.deep.equal({ remaining: 0 });
  });

  it('flush wakes a back-off, once', async () => {
    const transport = noConnection();
    const rig = new EngineRig(transport, { settings: { maxRetries: 0 } as never });
    rig.produce(1);
    await clock.tickAsync(1000);
    const flushed = rig.engine.flush({ timeout: 50_000 });
    await clock.tickAsync(50_000);
    expect(await flushed).to.deep.equal({ remaining: 1 });
    expect(transport.story.filter((call) => call === 'connect')).to.have.lengthOf(2);
  });

  it('start rejects when the worker backs off, with the reason', async () => {
    const rig = new EngineRig(noConnection(), { settings: { maxRetries: 1 } as never });
    const error = failure(rig.engine.start({}));
    await clock.tickAsync(1000);
    expect((await error).message).to.equal('producer rig: no connection: connection refused');
  });

  it('a configuration that the client refuses fails the producer, and everything that waits for it', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      throw new ConfigError('no such compression');
    };
    const rig = new EngineRig(transport);
    const [started, sent] = [
      failure(rig.engine.start({})),
      failure(rig.engine.send({ value: 1 }, { isError: false }, {})),
    ];
    await clock.tickAsync(10);
    expect(await started).to.be.instanceOf(ConfigError);
    expect(await sent)
      .to.be.instanceOf(PublishError)
      .and.include({ outcome: 'undelivered' });
    expect(() => rig.produce(2)).to.throw(ProducerClosedError, 'no such compression');
    expect(await rig.engine.shutdown(100)).to.include({ undelivered: 1 });
  });

  it('an error without a topic of its own says in a header what it is', async () => {
    const headers: unknown[] = [];
    const rig = (errorTopic: string) =>
      new EngineRig(
        new ScriptedTransport((_value, _attempt, message) => {
          headers.push([message.topic, ...message.headers.map(([name, value]) => `${name}=${value}`)]);
        }),
        { settings: { topic: 'rig', errorTopic } as never },
      );
    for (const errorTopic of ['rig', 'errors'])
      rig(errorTopic).engine.accept({ value: 1, headers: { a: 'b' } }, { isError: true, report: false });
    await clock.tickAsync(10);
    expect(headers).to.deep.equal([
      ['rig', 'a=b', 'outspool-is-error=true'],
      ['errors', 'a=b'],
    ]);
  });

  it('leaves no timer behind', async () => {
    const rig = new EngineRig();
    await Promise.all([
      rig.engine.send({ value: 1 }, { isError: false }, {}),
      rig.engine.flush({}),
      clock.tickAsync(10),
    ]);
    await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(10)]);
    expect(clock.countTimers()).to.equal(0);
  });
});
