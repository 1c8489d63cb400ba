import { expect } from 'chai';
import type sinon from 'sinon';
import type { EngineOptions } from '../../../src/caller/options.ts';
import type { Blocker } from '../../../src/shared/blocked.ts';
import { PermanentSendError, SpoolError, TransientSendError } from '../../../src/shared/errors.ts';
import { toWire } from '../../../src/shared/wire-error.ts';
import { EngineRig } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';
import { SilentHost } from '../../support/silent-host.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

type RigOptions = ConstructorParameters<typeof EngineRig>[1];

describe('stats().blockedBy', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const failing = (error: () => Error) =>
    new ScriptedTransport(() => {
      throw error();
    });
  const unreachable = () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      throw new Error('nobody listens');
    };
    return transport;
  };
  const poison = () => failing(() => new PermanentSendError('poison'));

  /** After so many ms: who holds the message up, for how long (null: that is not known), and why. */
  const CELLS: Readonly<
    Record<string, readonly [ScriptedTransport, number, Blocker, leftMs: number | null, why: string, RigOptions?]>
  > = {
    'no connection yet': [unreachable(), 10, 'connection', 90, 'nobody listens'],
    'the long pause after failed connections': [unreachable(), 10_000, 'back-off', 60_000, 'nobody listens'],
    'a pause between attempts': [failing(() => new Error('nack')), 10, 'back-off', 90, 'nack'],
    'the long pause after a reset': [failing(() => new Error('nack')), 10_000, 'back-off', 60_000, 'nack'],
    'a wait that the server asks for': [
      failing(() => new TransientSendError('busy', { retryAfterMs: 30_000 })),
      10,
      'back-off',
      30_000,
      'busy',
    ],
    'a dead-letter target that fails': [
      poison(),
      10,
      'dead-letter target',
      null,
      'disk full',
      {
        deadLetter: () => {
          throw new Error('disk full');
        },
      },
    ],
    'a dead-letter target that does not answer': [
      poison(),
      10,
      'dead-letter target',
      null,
      'it has not answered',
      { deadLetter: () => new Promise(() => {}) },
    ],
  };

  for (const [what, [transport, afterMs, by, leftMs, why, options]] of Object.entries(CELLS))
    it(`${what}: ${by}`, async () => {
      const rig = new EngineRig(transport, options);
      expect(rig.engine.stats().blockedBy).to.equal(undefined);
      rig.produce(1);
      await clock.tickAsync(afterMs);
      const { blockedBy } = rig.engine.stats();
      expect(blockedBy?.by).to.equal(by);
      expect(blockedBy?.why).to.include(why);
      if (leftMs === null) expect(blockedBy?.until).to.equal(null);
      else expect(Number(blockedBy?.until) - clock.now).to.be.within(1, leftMs);
      await Promise.all([rig.engine.shutdown(100), clock.tickAsync(1000)]);
      expect(rig.engine.stats().blockedBy).to.equal(undefined);
    });

  it('a flush ends the pause, and nothing holds a delivered message up', async () => {
    let isDown = true;
    const rig = new EngineRig(
      new ScriptedTransport(() => {
        if (isDown) throw new Error('nack');
      }),
    );
    rig.produce(1);
    await clock.tickAsync(10_000);
    isDown = false;
    const flushed = rig.engine.flush({ timeout: 1000 });
    await clock.tickAsync(100);
    expect(await flushed).to.deep.equal({ remaining: 0 });
    rig.produce(2);
    expect(rig.engine.stats().blockedBy, 'on its way').to.equal(undefined);
  });

  describe('by what its worker reports', () => {
    const directory = temporaryDirectories();

    async function connected(spool?: EngineOptions['spool']) {
      const hosts: SilentHost[] = [];
      const createHost: EngineOptions['createHost'] = (start, callbacks) => {
        hosts.push(new SilentHost(start, callbacks));
        return hosts.at(-1) as SilentHost;
      };
      const rig = new EngineRig(undefined, { createHost, ...(spool && { spool }) });
      rig.produce(1);
      await clock.tickAsync(1);
      const host = hosts[0] as SilentHost;
      host.say({ type: 'connection', state: 'connected' });
      return { rig, host, blockedBy: () => rig.engine.stats().blockedBy };
    }

    it('back-pressure, in the words of the broker, until it is over or the worker has died', async () => {
      const { host, blockedBy } = await connected();
      expect(blockedBy()).to.equal(undefined);
      host.say({ type: 'throttled', throttled: { broker: 'b:1', reason: 'low on memory', since: 5, ms: null } });
      expect(blockedBy()).to.deep.equal({ by: 'back-pressure', until: null, why: 'b:1: low on memory' });
      host.say({ type: 'throttled', throttled: { broker: 'b:1', reason: 'quota', since: 5, ms: 1000 } });
      expect(blockedBy()?.until).to.equal(1005);
      host.say({ type: 'throttled', throttled: undefined });
      expect(blockedBy()).to.equal(undefined);
      host.say({ type: 'paused', ms: 5000 });
      host.die();
      expect(blockedBy()).to.include({ by: 'connection', until: null, why: 'killed' });
    });

    it('the spool, while it is opened and while it cannot be written', async () => {
      const { rig, host, blockedBy } = await connected({
        directory: directory(),
        maxBytes: 2 ** 20,
        syncIntervalMs: 0,
        directRanges: 8,
      });
      expect(blockedBy()).to.include({ by: 'spool', why: 'it is being opened' });
      host.words.base = 0;
      host.say({ type: 'recovered', messages: [] });
      expect(blockedBy()).to.equal(undefined);
      await clock.tickAsync(1);
      const error = toWire(new SpoolError('no space left on device'));
      host.say({ type: 'unstored', leases: host.leases, error });
      expect(blockedBy()).to.include({ by: 'spool', why: 'no space left on device' });
      expect(rig.logs.at(-1)?.fields).to.include({ blockedBy: 'spool' });
      await clock.tickAsync(300);
      host.say({ type: 'written', leases: 1 });
      expect(blockedBy()).to.equal(undefined);
      await Promise.all([rig.engine.shutdown(100), clock.tickAsync(1000)]);
    });
  });
});
