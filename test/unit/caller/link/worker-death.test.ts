import { expect } from 'chai';
import type sinon from 'sinon';
import type { EngineOptions } from '../../../../src/caller/options.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import type { ToCaller } from '../../../../src/shared/protocol.ts';
import type { NumberRun } from '../../../../src/shared/sequence-ranges.ts';
import { toWire } from '../../../../src/shared/wire-error.ts';
import { lockSpool } from '../../../../src/spool/lock.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { SilentHost } from '../../../support/silent-host.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const THREAD = new Error('the system has no thread to give');

describe('a worker that dies, or a step of the shutdown that fails', () => {
  const directory = temporaryDirectories();
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  interface Rig {
    readonly path: string;
    readonly engine: EngineRig['engine'];
    readonly logs: EngineRig['logs'];
    readonly hosts: SilentHost[];
    /** Workers made from here on are this error. */
    refuse: Error | undefined;
    produce(...values: number[]): Promise<void>;
    host(index: number): SilentHost;
    said(): string[];
  }

  /** With a spool, whose worker does nothing by itself. */
  function rigOf(options: Partial<EngineOptions> = {}): Rig {
    const hosts: SilentHost[] = [];
    const path = directory();
    const spool = { directory: path, maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 8 };
    const createHost: EngineOptions['createHost'] = (start, callbacks) => {
      if (rig.refuse !== undefined) throw rig.refuse;
      const host = new SilentHost(start, callbacks);
      hosts.push(host);
      return host;
    };
    const { engine, logs } = new EngineRig(undefined, { spool, createHost, ...options });
    const rig: Rig = {
      path,
      engine,
      logs,
      hosts,
      refuse: undefined,
      produce: async (...values) => {
        for (const value of values) engine.accept({ value }, { isError: false, report: false });
        await Promise.resolve();
      },
      host: (index) => hosts[index] as SilentHost,
      said: () => logs.map(({ message }) => message),
    };
    return rig;
  }

  /** The first `written` messages are on disk. */
  function open(host: SilentHost, written: number): void {
    host.words.base = 0;
    host.words.written = written;
    host.say({ type: 'recovered', messages: [] });
  }

  /** The messages that a worker has got, in order. */
  const leased = (host: SilentHost) =>
    host.heard.flatMap((message) =>
      message.type === 'lease'
        ? message.leases.flatMap(({ sequence, count }) => Array.from({ length: count }, (_, index) => sequence + index))
        : [],
    );

  const DEATHS: Readonly<Record<string, (rig: Rig) => void>> = {
    'in its first turn': () => {},
    'while it opens its spool, which it had begun to say': ({ host }) => {
      host(0).words.base = 0;
      host(0).words.written = 2;
    },
    'between the opening and the first word on a lease': ({ host }) => open(host(0), 0),
    'when it had written, and not said so': ({ host }) => open(host(0), 3),
    'when it had said that it has written': ({ host }) => {
      open(host(0), 3);
      host(0).say({ type: 'written', leases: 1 });
    },
  };

  for (const [when, live] of Object.entries(DEATHS))
    it(`${when}: its leases go out again, once, and the counters are right`, async () => {
      const rig = rigOf();
      await rig.produce(0, 1, 2);
      live(rig);
      rig.host(0).die();
      rig.host(0).die(); // an exit that is said twice is one death
      expect(rig.engine.stats()).to.include({ accepted: 3, queued: 3, inFlight: 0, pending: 3 });
      await rig.produce(3);
      await clock.tickAsync(100);
      expect(rig.hosts).to.have.length(2);
      expect(leased(rig.host(1))).to.deep.equal([0, 1, 2, 3]);
      rig.host(0).say({ type: 'written', leases: 1 }); // the dead are not heard
      rig.host(0).say({ type: 'onDiskOnly', leases: rig.host(0).leases });
      rig.host(0).say({ type: 'connection', state: 'connected' });
      rig.host(0).die();
      await clock.tickAsync(1000);
      expect(rig.hosts).to.have.length(2);
      expect(rig.engine.stats()).to.include({ state: 'starting', connection: 'disconnected' });
      expect(rig.engine.stats()).to.include({ accepted: 4, queued: 0, inFlight: 4, pending: 4, workerRestarts: 1 });
      await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
    });

  const LATE: Readonly<Record<string, (leases: readonly NumberRun[]) => ToCaller>> = {
    'are on disk only': (leases) => ({ type: 'onDiskOnly', leases }),
    'were not written': (leases) => ({ type: 'unstored', leases, error: toWire(new Error('no space')) }),
    'have permanently failed': ([run]) => ({
      type: 'permanentlyFailed',
      sequence: (run as NumberRun)[0],
      attempts: [],
    }),
  };

  for (const [what, late] of Object.entries(LATE))
    it(`and says afterwards that its messages ${what}: the leases of its successor stay as they are`, async () => {
      const rig = rigOf();
      await rig.produce(0, 1);
      open(rig.host(0), 0);
      rig.host(0).die();
      await clock.tickAsync(100);
      expect(rig.engine.stats()).to.include({ inFlight: 2, pending: 2 });
      rig.host(0).say(late(rig.host(0).leases));
      await clock.tickAsync(1000);
      expect(rig.engine.stats()).to.include({ inFlight: 2, pending: 2, dropped: 0 });
      expect(leased(rig.host(1))).to.deep.equal([0, 1]);
      expect(rig.said()).to.deep.equal(['the worker died; it is replaced']);
      await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
    });

  it('twice in a row, with a worker that cannot be made between: each message is leased once to the last', async () => {
    const rig = rigOf();
    await rig.produce(0, 1);
    rig.host(0).die();
    rig.refuse = Object.assign(THREAD, { code: 'EAGAIN' });
    await clock.tickAsync(100);
    await Promise.all([rig.engine.flush({ timeout: 1 }), clock.tickAsync(1)]); // hurries
    rig.refuse = undefined;
    await clock.tickAsync(200);
    rig.host(1).die();
    await clock.tickAsync(400);
    expect(rig.hosts).to.have.length(3);
    expect(leased(rig.host(2))).to.deep.equal([0, 1]);
    expect(rig.engine.stats()).to.include({ pending: 2, inFlight: 2, workerRestarts: 2 });
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });

  it('after an abort: no other one is started for the rest', async () => {
    const rig = rigOf();
    await rig.produce(0);
    const ending = rig.engine.shutdown(5000);
    const heard: string[] = [];
    rig.host(0).post = ({ type }) => void heard.push(type); // and does not answer
    await clock.tickAsync(4000);
    expect(heard).to.include('abort');
    rig.host(0).die();
    await Promise.all([ending, clock.tickAsync(1000)]);
    expect(rig.hosts).to.have.length(1);
    expect(await ending).to.include({ undelivered: 1, timedOut: true });
  });

  it('while it closes its spool: the next one does nothing but that', async () => {
    const rig = rigOf();
    await rig.produce(0);
    open(rig.host(0), 0);
    const ending = rig.engine.shutdown(5000);
    rig.host(0).post = (message) => message.type === 'closeSpool' && rig.host(0).die();
    rig.host(0).say({ type: 'closed' });
    await Promise.all([ending, clock.tickAsync(1000)]);
    expect(leased(rig.host(1))).to.deep.equal([]);
    expect(rig.host(1).heard.map(({ type }) => type)).to.include('closeSpool');
  });

  it('is not replaced after a shutdown that came while it was to be', async () => {
    const rig = rigOf();
    await rig.produce(0);
    rig.host(0).die();
    await Promise.all([rig.engine.shutdown(0), clock.tickAsync(60_000)]);
    const { length } = rig.hosts;
    await clock.tickAsync(60_000);
    expect(rig.hosts).to.have.length(length);
  });

  const poison = (rig: Rig) =>
    rig.host(0).say({
      type: 'permanentlyFailed',
      sequence: (rig.host(0).leases[0] as NumberRun)[0],
      attempts: [{ at: 0, error: toWire(new PermanentSendError('bad')) }],
    });
  const throws = () => {
    throw THREAD;
  };

  interface Failure {
    readonly options?: Partial<EngineOptions>;
    /** What the log says of it. */
    readonly said?: string;
    arrange?(rig: Rig): void;
  }

  const FAILURES: Readonly<Record<string, Failure>> = {
    'the worker does not end, and says so': {
      said: 'the worker did not end',
      arrange: (rig) => {
        rig.host(0).onTerminate = () => Promise.reject(THREAD);
      },
    },
    'the worker cannot be told anything': {
      said: 'the last pass failed',
      arrange: (rig) => {
        rig.host(0).post = throws;
      },
    },
    'what the worker left behind cannot be cleaned up': {
      said: 'what the worker left behind was not cleaned up',
      options: { reclaim: throws },
    },
    'it was to be replaced, and no worker can be made': {
      arrange: (rig) => {
        rig.host(0).die();
        rig.refuse = THREAD;
      },
    },
    'a dead letter is on its way': { options: { deadLetter: () => new Promise(() => {}) }, arrange: poison },
    'a fallback cannot say who takes a dead letter': {
      said: 'no dead letter could be made',
      options: { fallback: throws },
      arrange: poison,
    },
    'a dead letter cannot be taken': { options: { deadLetter: throws }, arrange: poison },
  };

  for (const [what, { options, said, arrange }] of Object.entries(FAILURES))
    it(`${what}: shutdown() ends by its deadline, with everything let go and counted`, async () => {
      const before = process.listeners('exit').length;
      const rig = rigOf(options);
      await rig.produce(0, 1);
      open(rig.host(0), 1);
      arrange?.(rig);
      const ended = rig.engine.shutdown(1000);
      await clock.tickAsync(1200);
      const { spooled, undelivered, deadLettered, dropped } = await ended;
      expect(spooled + undelivered + deadLettered + dropped).to.equal(2);
      expect(rig.engine.stats()).to.include({ state: 'closed', connection: 'closed', accepted: 2, pending: 0 });
      expect(rig.host(0).words.isSealed).to.equal(true);
      expect(process.listeners('exit')).to.have.length(before);
      lockSpool(rig.path).release(); // throws where the directory is still taken
      if (said !== undefined) expect(rig.said()).to.include(said);
    });

  it('is replaced although what it left behind cannot be cleaned up', async () => {
    const rig = rigOf({ reclaim: throws });
    await rig.produce(0);
    rig.host(0).die();
    await clock.tickAsync(100);
    expect(leased(rig.host(1))).to.deep.equal([0]);
    expect(rig.said()).to.include('what the worker left behind was not cleaned up');
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });
});
