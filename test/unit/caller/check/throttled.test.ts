import { expect } from 'chai';
import type sinon from 'sinon';
import type { CheckReport } from '../../../../src/caller/check/check.ts';
import { withThrottled } from '../../../../src/caller/check/check-throttled.ts';
import { maskedCallbacks } from '../../../../src/caller/link/masked-callbacks.ts';
import type { EngineOptions } from '../../../../src/caller/options.ts';
import type { Throttled } from '../../../../src/shared/back-pressure.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { SilentHost } from '../../../support/silent-host.ts';

const throttled: Throttled = { broker: 'a:9092', reason: 'quota', since: 0, ms: 1500 };

describe('a producer that a broker throttles', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  async function rig() {
    const hosts: SilentHost[] = [];
    const createHost: EngineOptions['createHost'] = (start, callbacks) => {
      const host = new SilentHost(start, callbacks);
      hosts.push(host);
      return host;
    };
    const { engine } = new EngineRig(undefined, { createHost });
    engine.accept({ value: 1 }, { isError: false, report: false });
    await clock.tickAsync(1);
    return { engine, host: hosts[0] as SilentHost };
  }

  it('reports it in stats() until it is over', async () => {
    const { engine, host } = await rig();
    expect(engine.stats()).to.have.property('throttled', undefined);
    host.say({ type: 'throttled', throttled });
    expect(engine.stats().throttled).to.deep.equal(throttled);
    host.say({ type: 'throttled', throttled: undefined });
    expect(engine.stats().throttled).to.equal(undefined);
  });

  it('is not throttled any more when its worker has died, which leaves the connection', async () => {
    const { engine, host } = await rig();
    host.say({ type: 'throttled', throttled });
    host.die();
    expect(engine.stats().throttled).to.equal(undefined);
  });

  it('shows no secret in what a broker says', () => {
    const heard: unknown[] = [];
    const mask = (text: string) => text.replaceAll('s3cret', '***');
    const callbacks = maskedCallbacks({ message: (message) => heard.push(message), exit: () => {} }, mask);
    callbacks.message({ type: 'throttled', throttled: { ...throttled, reason: 'low on s3cret' } });
    callbacks.message({ type: 'throttled', throttled: undefined });
    expect(heard).to.deep.equal([
      { type: 'throttled', throttled: { ...throttled, reason: 'low on ***' } },
      { type: 'throttled', throttled: undefined },
    ]);
  });

  const layer = (name: 'dns' | 'tcp', more: object = {}) => ({
    ...{ layer: name, ok: true, reached: true, durationMs: 1 },
    ...more,
  });
  const warnings = ({ layers }: CheckReport) => layers.map(({ warning }) => warning);
  const text = 'a:9092 has asked this producer for 30 s to send less or nothing (quota, now for 1500 ms)';

  it('has a warning on the last layer that a check has reached, and passes all the same', async () => {
    await clock.tickAsync(30_000);
    const report = { ok: true, layers: [layer('dns'), layer('tcp')] };
    expect(warnings(withThrottled(report, throttled))).to.deep.equal([undefined, text]);
    expect(withThrottled(report, throttled).ok).to.equal(true);
    expect(withThrottled(report, undefined)).to.deep.equal(report);
  });

  it('has it beside another warning, and before layers that were not reached', async () => {
    await clock.tickAsync(30_000);
    const layers = [layer('dns', { ok: false, warning: 'slow' }), layer('tcp', { ok: false, reached: false })];
    expect(warnings(withThrottled({ ok: false, layers }, throttled))).to.deep.equal([`slow; ${text}`, undefined]);
  });

  it('has no length in it where the broker named no end', async () => {
    await clock.tickAsync(30_000);
    const report = { ok: true, layers: [layer('dns')] };
    const [warning] = warnings(withThrottled(report, { ...throttled, ms: null }));
    expect(warning).to.equal('a:9092 has asked this producer for 30 s to send less or nothing (quota)');
  });
});
