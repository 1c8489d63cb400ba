import { expect } from 'chai';
import type sinon from 'sinon';
import type { EngineOptions } from '../../../src/caller/options.ts';
import { Life } from '../../../src/caller/producer-state.ts';
import { PermanentSendError } from '../../../src/shared/errors.ts';
import type { FailedMessage } from '../../../src/shared/protocol.ts';
import { deferred } from '../../../src/shared/util/deferred.ts';
import { toWire } from '../../../src/shared/wire-error.ts';
import { LeasedRange } from '../../../src/worker/delivery/leased-range.ts';
import { EngineRig, HeldTransport } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { leaseOf, slotOf } from '../../support/leases.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';
import { SilentHost } from '../../support/silent-host.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

describe('stats()', () => {
  const directory = temporaryDirectories();
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const permanent = (sequence: number, value?: number): FailedMessage => ({
    sequence,
    attempts: [{ at: 0, error: toWire(new PermanentSendError('too large')) }],
    ...(value !== undefined && { record: new LeasedRange(leaseOf(slotOf([{ value }]))).record(0) }),
  });

  /** An engine with a spool. Its worker reports only what the test makes it report, and its dead-letter target does not answer. */
  function spooled(options: Partial<EngineOptions> = {}) {
    const hosts: SilentHost[] = [];
    const spool = { directory: directory(), maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 8 };
    const { engine } = new EngineRig(undefined, {
      spool,
      deadLetter: () => new Promise(() => {}),
      createHost: (start, callbacks) => {
        hosts.push(new SilentHost(start, callbacks));
        return hosts.at(-1) as SilentHost;
      },
      ...options,
    });
    const produce = async (...values: number[]) => {
      for (const value of values) engine.accept({ value }, { isError: false, report: false });
      await Promise.resolve();
    };
    const open = (recovered = 0) => {
      const [host] = hosts as [SilentHost];
      host.words.base = recovered;
      host.say({ type: 'recovered', messages: recovered > 0 ? [[-recovered, -1]] : [] });
      return host;
    };
    return { engine, produce, open };
  }

  it('has the pending messages by place, and the places add up', async () => {
    const { engine, produce, open } = spooled();
    await produce(0, 1, 2, 3);
    const host = open();
    host.words.written = 4;
    host.say({ type: 'written', leases: 1 });
    host.say({ type: 'onDiskOnly', leases: [[0, 3]] });
    host.say({ type: 'permanentlyFailed', ...permanent(1, 1) });
    await produce(4, 5, 6);
    host.say({ type: 'permanentlyFailed', ...permanent(5) });
    engine.accept({ value: 7 }, { isError: false, report: false }); // leased at the end of this turn
    expect(engine.stats()).to.deep.include({
      pendingBy: { queued: 1, leased: 2, onDiskOnly: 3, deadLetter: 2 },
      ...{ pending: 8, queued: 4, inFlight: 4 },
    });
  });

  it('has the age of the oldest message, also when it is on disk only or of an earlier run', async () => {
    const { engine, produce, open } = spooled();
    expect(engine.stats().oldestMs).to.equal(null);
    await produce(0);
    await clock.tickAsync(5000);
    await produce(1);
    expect(engine.stats().oldestMs).to.equal(5000);
    const host = open(2);
    await clock.tickAsync(1000);
    expect(engine.stats().oldestMs).to.equal(1000); // of an earlier run, known for a second
    host.say({ type: 'delivered', ranges: [[-2, -1]], reports: [] });
    expect(engine.stats().oldestMs).to.equal(6000);
    host.words.written = 2;
    host.say({ type: 'written', leases: 2 });
    for (const lease of host.leases) host.say({ type: 'onDiskOnly', leases: [lease] });
    await clock.tickAsync(1000);
    expect(engine.stats()).to.deep.include({
      oldestMs: 7000,
      pendingBy: { queued: 0, leased: 0, onDiskOnly: 2, deadLetter: 0 },
    });
    host.say({ type: 'delivered', ranges: [[0, 0]], reports: [] });
    expect(engine.stats().oldestMs).to.equal(2000);
  });

  it('measures a message that was on disk only from its acceptance, and none of an earlier run', async () => {
    const { engine, produce, open } = spooled();
    await produce(0, 1);
    const host = open(3);
    host.words.written = 2;
    host.say({ type: 'written', leases: 1 });
    host.say({ type: 'onDiskOnly', leases: [[0, 1]] });
    await clock.tickAsync(20_000);
    host.say({
      type: 'delivered',
      ranges: [
        [-3, -1],
        [0, 1],
      ],
      reports: [],
    });
    const { latency, delivered, p50Ms } = engine.stats();
    expect({ delivered, p50Ms }).to.deep.equal({ delivered: 5, p50Ms: null });
    expect(latency.count).to.equal(2);
    expect(latency.buckets.find(({ ms }) => ms === 30_000)?.count).to.equal(2);
    expect(latency.sumMs).to.equal(40_000);
  });

  it('has bytes and bounds of queue and spool', async () => {
    const { engine, produce, open } = spooled();
    expect(engine.stats()).to.deep.include({
      queue: { bytes: 0, maxBytes: 2 ** 20 },
      spool: { bytes: 0, maxBytes: 2 ** 20 },
    });
    await produce(1);
    open().words.bytes = 4711;
    expect(engine.stats().queue.bytes).to.be.within(1, 2 ** 20);
    expect(engine.stats().spool).to.deep.equal({ bytes: 4711, maxBytes: 2 ** 20 });
    expect(new EngineRig().engine.stats().spool).to.equal(undefined);
  });

  it('takes back recovered messages that never existed, and keeps the counter for Prometheus from falling', async () => {
    const { engine, produce, open } = spooled();
    await produce(0);
    open(5).say({ type: 'unused', messages: [[-2, -1]] });
    expect(engine.snapshot()).to.include({ recovered: 3, unused: 2, pending: 4 });
    expect(engine.stats()).to.include({ recovered: 3 }).and.not.to.have.property('unused');
  });

  it('counts attempts by result, resets, and dead letters by reason', async () => {
    let isDown = true;
    const transport = new ScriptedTransport((value) => {
      if (value === 'bad') throw new PermanentSendError('too large');
      if (isDown) throw new Error('not now');
    });
    const rig = new EngineRig(transport, { settings: { maxRetries: 1, backoffMs: 1000 } as never });
    rig.produce('good', 'bad', 'good too');
    await clock.tickAsync(900);
    expect(rig.engine.stats()).to.deep.include({
      attempts: { delivered: 0, failed: 2, permanentlyFailed: 0 },
      ...{ resets: 1, connection: 'backing_off' },
    });
    isDown = false;
    await clock.tickAsync(5000);
    expect(rig.engine.stats()).to.deep.include({
      attempts: { delivered: 2, failed: 2, permanentlyFailed: 1 },
      deadLetters: { permanent: 1, suspect: 0, crash: 0, shutdown: 0 },
      ...{ resets: 1, dropped: 1 },
    });
  });

  it('counts a dead letter once its target has taken it, and the messages that a shutdown leaves', async () => {
    const taken = deferred();
    const transport = new ScriptedTransport((value) => {
      if (value === 0) throw new PermanentSendError('too large');
      return new Promise(() => {});
    });
    const deadLetter = ({ message }: { message: { json(): unknown } }) =>
      message.json() === 0 ? taken.promise : undefined;
    const rig = new EngineRig(transport, { deadLetter, onShutdown: 'dead_letter' });
    rig.produce(0, 1, 2);
    await clock.tickAsync(100);
    expect(rig.engine.stats().deadLetters.permanent).to.equal(0);
    expect(rig.engine.stats().attempts.permanentlyFailed).to.equal(1);
    taken.resolve();
    await clock.tickAsync(100);
    expect(rig.engine.stats().deadLetters.permanent).to.equal(1);
    const [outcome] = await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(10_000)]);
    expect(outcome.deadLettered).to.equal(3);
    expect(rig.engine.stats().deadLetters).to.deep.equal({ permanent: 1, suspect: 0, crash: 0, shutdown: 2 });
  });

  it('reports when the connection got into its state', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport);
    const begin = Date.now();
    expect(rig.engine.stats()).to.include({ connection: 'disconnected', connectionSince: begin });
    await clock.tickAsync(1000);
    rig.produce(1);
    await clock.tickAsync(500);
    expect(rig.engine.stats()).to.include({ connection: 'connected', connectionSince: begin + 1000 });
    transport.release();
    await clock.tickAsync(500);
    expect(rig.engine.stats()).to.include({ connection: 'connected', connectionSince: begin + 1000 });
    await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(2000)]);
    expect(rig.engine.stats().connectionSince).to.be.above(begin + 1000);

    const life = new Life('rig');
    life.connectionChanged('closed', undefined);
    await clock.tickAsync(1000);
    life.connectionChanged('closed', undefined);
    expect(life.connectionSince).to.equal(Date.now() - 1000);
  });
});
