import { expect } from 'chai';
import type sinon from 'sinon';
import type { Host } from '../../../../src/caller/link/host.ts';
import { InlineHost } from '../../../../src/caller/link/inline-host.ts';
import type { EngineOptions } from '../../../../src/caller/options.ts';
import { ConfigError, ConnectError, ProducerFencedError, SpoolError } from '../../../../src/shared/errors.ts';
import { toWire } from '../../../../src/shared/wire-error.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';
import { SilentHost } from '../../../support/silent-host.ts';

const system = (code: string) => Object.assign(new Error(`the system says ${code}`), { code });
const NO_THREAD = system('ERR_WORKER_INIT_FAILED');

type CreateHost = EngineOptions['createHost'];

describe('a worker that cannot be made', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Workers deliver, but for those whose number `fails` has an error for. Each can be made to die. */
  function rigWith(fails: (worker: number) => Error | undefined) {
    const transport = new ScriptedTransport();
    const triedAt: number[] = [];
    let die: (error: Error) => void = () => {};
    const createHost: CreateHost = (shared, callbacks): Host => {
      triedAt.push(performance.now());
      const error = fails(triedAt.length);
      if (error !== undefined) throw error;
      die = callbacks.exit;
      return new InlineHost(() => transport, shared, callbacks);
    };
    const rig = new EngineRig(transport, { createHost });
    return { rig, engine: rig.engine, transport, triedAt, die: () => die(new Error('killed')) };
  }

  for (const error of [NO_THREAD, system('EMFILE'), new SpoolError('no', { cause: system('EIO') })])
    describe(`once (${error.message})`, () => {
      it('at the first message: that waits, and is delivered by the next worker', async () => {
        const { rig, engine, transport } = rigWith((worker) => (worker === 1 ? error : undefined));
        rig.produce(1);
        expect(engine.stats()).to.include({ state: 'starting', accepted: 1, queued: 1, workerRestarts: 0 });
        await clock.tickAsync(150);
        expect(transport.delivered).to.deep.equal([1]);
        expect(engine.stats()).to.include({ state: 'ready', delivered: 1, pending: 0, workerRestarts: 0 });
      });

      it('at start(): it goes on waiting', async () => {
        const { engine } = rigWith((worker) => (worker === 1 ? error : undefined));
        const started = engine.start({ timeout: 1000 });
        await clock.tickAsync(150);
        await started;
      });

      it('at a replacement: that comes a little later', async () => {
        const { rig, engine, transport, triedAt, die } = rigWith((worker) => (worker === 2 ? error : undefined));
        rig.produce(1);
        await clock.tickAsync(10);
        die();
        rig.produce(2);
        await clock.tickAsync(1000);
        expect(triedAt).to.deep.equal([0, 110, 310]);
        expect(transport.delivered).to.deep.equal([1, 2]);
        expect(engine.stats()).to.include({ delivered: 2, pending: 0, workerRestarts: 1 });
      });

      it('at a flush, which does not wait for the back-off', async () => {
        const { rig, transport, triedAt, die } = rigWith((worker) => (worker > 1 && worker < 9 ? error : undefined));
        rig.produce(1);
        await clock.tickAsync(10);
        die();
        rig.produce(2);
        await clock.tickAsync(10_000); // the pauses are seconds by now
        const tried = triedAt.length;
        const flushed = rig.engine.flush({ timeout: 1000 });
        expect(triedAt).to.have.length(tried + 1);
        await clock.tickAsync(1000);
        expect(await flushed).to.deep.equal({ remaining: 0 });
        expect(transport.delivered).to.deep.equal([1, 2]);
      });

      it('at a shutdown, whose last pass is made by the next one', async () => {
        const { rig, die } = rigWith((worker) => ([2, 3].includes(worker) ? error : undefined));
        rig.produce(1);
        await clock.tickAsync(10);
        die();
        rig.produce(2);
        const [outcome] = await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(2000)]);
        expect(outcome).to.include({ delivered: 2, undelivered: 0, timedOut: false });
      });
    });

  it('for long: it is tried with back-off, start() says why at its deadline, and nothing is lost', async () => {
    const { rig, engine, triedAt } = rigWith(() => NO_THREAD);
    rig.produce(1);
    const started = engine.start({ timeout: 5000 }).catch((reason) => reason);
    await clock.tickAsync(4999);
    expect(engine.stats()).to.include({ state: 'starting', queued: 1 });
    await clock.tickAsync(1);
    expect(await started).to.be.instanceOf(ConnectError);
    expect((await started).message)
      .to.contain('not connected in time')
      .and.to.contain(NO_THREAD.message);
    expect((await started).cause.cause).to.equal(NO_THREAD);
    expect(triedAt).to.deep.equal([0, 100, 300, 700, 1500, 3100]);
    expect(rig.logs.map(({ fields }) => fields.restartInMs)).to.deep.equal([100, 200, 400, 800, 1600, 3200]);
  });

  it('for long: a shutdown ends by its deadline, and tries to the last', async () => {
    const { rig, engine, triedAt } = rigWith(() => NO_THREAD);
    rig.produce(1, 2);
    await clock.tickAsync(20_000);
    const tried = triedAt.length;
    const before = performance.now();
    const ended = engine.shutdown(1000).then((outcome) => ({ ...outcome, ms: performance.now() - before }));
    await clock.tickAsync(60_000);
    expect(await ended).to.include({ undelivered: 2, timedOut: true });
    expect((await ended).ms).to.be.at.most(1000);
    expect(triedAt.length - tried).to.be.within(7, 8);
    expect(engine.stats()).to.include({ state: 'closed', pending: 0 });
  });

  describe('for a reason that does not pass', () => {
    for (const error of [new ConfigError('wrong'), new SpoolError('another format')])
      it(`ends the producer at once where outspool says so (${error.name})`, async () => {
        const { engine, triedAt } = rigWith(() => error);
        const started = await engine.start({ timeout: 1000 }).catch((reason) => reason);
        expect(started.message).to.contain(error.message);
        expect(engine.stats()).to.include({ state: 'failed' });
        await clock.tickAsync(60_000);
        expect(triedAt).to.have.length(1);
        await engine.shutdown(100);
      });

    it('ends the producer when a second try finds the same, where another module says so', async () => {
      const { engine, triedAt } = rigWith(
        (worker) => new SyntaxError(worker === 1 ? 'no package.json' : 'no such export'),
      );
      const started = engine.start({ timeout: 5000 }).catch((reason) => reason);
      await clock.tickAsync(350);
      expect((await started).message).to.contain('no such export');
      expect(engine.stats()).to.include({ state: 'failed' });
      expect(triedAt).to.have.length(3);
      await engine.shutdown(100);
    });

    it('is one more death once the producer has been ready', async () => {
      const { rig, engine, transport, die } = rigWith((worker) => (worker === 2 ? new ConfigError('gone') : undefined));
      rig.produce(1);
      await clock.tickAsync(10);
      die();
      rig.produce(2);
      await clock.tickAsync(1000);
      expect(transport.delivered).to.deep.equal([1, 2]);
      expect(engine.stats()).to.include({ state: 'ready', pending: 0 });
    });
  });
});

describe('hooks on the caller’s thread', () => {
  it('that cannot be built for want of a descriptor are built again', async () => {
    const clock = fakeClock();
    try {
      let built = 0;
      const transport = new ScriptedTransport();
      const build = () => {
        if (++built === 1) throw system('EMFILE');
        return transport;
      };
      const rig = new EngineRig(transport, {
        createHost: (shared, callbacks) => new InlineHost(build, shared, callbacks),
      });
      rig.produce(1);
      await clock.tickAsync(200);
      expect(transport.delivered).to.deep.equal([1]);
      expect(rig.engine.stats()).to.include({ state: 'ready', delivered: 1, pending: 0 });
    } finally {
      clock.restore();
    }
  });
});

describe('a worker that says that it cannot go on', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rig() {
    const hosts: SilentHost[] = [];
    const { engine, logs } = new EngineRig(undefined, {
      createHost: (start, callbacks) => {
        const host = new SilentHost(start, callbacks);
        hosts.push(host);
        return host;
      },
    });
    engine.accept({ value: 1 }, { isError: false, report: false });
    return { engine, logs, hosts };
  }

  const failed = (error: Error) => ({ type: 'failed', error: toWire(error) }) as const;

  for (const code of ['EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'EAGAIN', 'ESTALE', 'ENOSPC', 'EDQUOT'])
    for (const wasReady of [false, true])
      it(`for ${code} is replaced with back-off, ${wasReady ? 'later' : 'at the first start'}`, async () => {
        const { engine, logs, hosts } = rig();
        if (wasReady) hosts[0]?.say({ type: 'connection', state: 'connected' });
        hosts[0]?.say(failed(new SpoolError('cannot open it', { cause: system(code) })));
        await clock.tickAsync(99);
        expect(hosts).to.have.length(1);
        await clock.tickAsync(1);
        hosts[1]?.say(failed(system(code)));
        await clock.tickAsync(200);
        expect(hosts).to.have.length(3);
        expect(hosts[2]?.heard.map(({ type }) => type)).to.deep.equal(['connect']);
        hosts[2]?.say({ type: 'connection', state: 'connected' });
        expect(hosts[2]?.leases).to.have.length(1);
        expect(logs.map(({ fields }) => fields.restartInMs)).to.deep.equal([100, 200]);
        expect(engine.stats()).to.include({ state: 'ready', pending: 1, workerRestarts: 2 });
        await Promise.all([engine.shutdown(10), clock.tickAsync(500)]);
      });

  it('is replaced when its thread is gone, and not before', async () => {
    const { engine, hosts } = rig();
    const [first] = hosts as [SilentHost];
    let gone: () => void = () => {};
    first.onTerminate = () =>
      new Promise((resolve) => {
        gone = resolve;
      });
    first.say(failed(system('EIO')));
    await clock.tickAsync(10_000);
    expect(hosts).to.have.length(1);
    first.die(); // as the thread's end says so, too
    gone();
    await clock.tickAsync(100);
    expect(hosts).to.have.length(2);
    await Promise.all([engine.shutdown(10), clock.tickAsync(500)]);
  });

  it('ends its producer where another one has taken its place, also later, and is not replaced when its thread ends', async () => {
    const { engine, hosts } = rig();
    const [first] = hosts as [SilentHost];
    let terminated = 0;
    first.onTerminate = async () => void terminated++;
    first.say({ type: 'connection', state: 'connected' });
    first.say(failed(new ProducerFencedError('fenced')));
    first.die();
    await clock.tickAsync(60_000);
    expect(engine.stats()).to.include({ state: 'failed', undelivered: 1, pending: 0 });
    expect(hosts).to.have.length(1);
    await Promise.all([engine.shutdown(10), clock.tickAsync(500)]);
    expect(terminated).to.equal(1);
  });
});
