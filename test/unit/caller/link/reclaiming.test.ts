import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type sinon from 'sinon';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';
import { SilentHost } from '../../../support/silent-host.ts';

describe('what a worker left behind, where it cannot be cleaned up', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Cleaning up fails until `failures` attempts have been made. What happens is noted in order. */
  function rigWith(failures: number) {
    const hosts: SilentHost[] = [];
    const happened: string[] = [];
    let attempts = 0;
    const rig = new EngineRig(new ScriptedTransport(), {
      createHost: (start, callbacks) => {
        happened.push('worker');
        return hosts[hosts.push(new SilentHost(start, callbacks)) - 1] as SilentHost;
      },
      reclaim: () => {
        const fails = attempts++ < failures;
        happened.push(fails ? 'failed' : 'reclaimed');
        if (fails) throw new Error('the library does not load');
      },
    });
    rig.engine.accept({ value: 1 }, { isError: false, report: false });
    const said = () =>
      rig.logs.filter(({ message }) => message.includes('left behind')).map(({ level, message }) => [level, message]);
    return { rig, hosts, happened, said };
  }

  const NOT = ['error', 'what the worker left behind was not cleaned up'];
  const NOW = ['info', 'what the worker left behind is cleaned up now'];

  it('holds up no shutdown, and is logged once', async () => {
    const { rig, said } = rigWith(Number.POSITIVE_INFINITY);
    const [{ undelivered }] = await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
    expect(undelivered).to.equal(1);
    await clock.tickAsync(60_000);
    expect(said()).to.deep.equal([NOT]);
  });

  it('is tried again before the next worker starts', async () => {
    const { hosts, happened, said } = rigWith(1);
    hosts[0]?.die();
    expect(happened).to.deep.equal(['worker', 'failed']);
    await clock.tickAsync(100);
    expect(happened).to.deep.equal(['worker', 'failed', 'reclaimed', 'worker']);
    expect(said()).to.deep.equal([NOT, NOW]);
  });

  it('is left alone while a worker runs, whose memory the ledger names, and holds up none', async () => {
    const { hosts, happened, said } = rigWith(3);
    hosts[0]?.die();
    await clock.tickAsync(60_000);
    expect(happened).to.deep.equal(['worker', 'failed', 'failed', 'worker']);
    hosts[1]?.die();
    await clock.tickAsync(200);
    expect(happened.slice(4)).to.deep.equal(['failed', 'reclaimed', 'worker']);
    expect(said()).to.deep.equal([NOT, NOW]);
  });

  it('is tried again after the last worker, as often as may help', async () => {
    for (const [failures, attempts] of [
      [3, 4],
      [Number.POSITIVE_INFINITY, 8],
    ] as const) {
      const { rig, happened } = rigWith(failures);
      await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
      await clock.tickAsync(600_000);
      expect(happened.filter((what) => what !== 'worker')).to.have.length(attempts);
    }
  });

  it('is not looked for again where it was cleaned up', async () => {
    const { rig, hosts, happened } = rigWith(0);
    hosts[0]?.die();
    await clock.tickAsync(100);
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
    await clock.tickAsync(60_000);
    expect(happened).to.deep.equal(['worker', 'reclaimed', 'worker', 'reclaimed']);
  });
});
