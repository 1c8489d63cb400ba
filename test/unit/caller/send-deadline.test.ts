import { expect } from 'chai';
import type sinon from 'sinon';
import type { DeliveryTimeoutError } from '../../../src/shared/errors.ts';
import { EngineRig } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';

describe('the deadline of a send', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  it('is one for both waits: for room, and for the broker (I8)', async () => {
    const transport = new ScriptedTransport((value) =>
      value === 0 ? new Promise((resolve) => setTimeout(resolve, 600)) : new Promise(() => {}),
    );
    const rig = new EngineRig(transport, { maxMessages: 1 });
    rig.produce(0);
    const before = performance.now();
    const sent = rig.engine
      .send({ value: 1 }, { isError: false }, { timeout: 1000 })
      .catch((error: DeliveryTimeoutError) => ({
        ms: performance.now() - before,
        name: error.name,
        outcome: error.outcome,
      }));
    await clock.tickAsync(3000);
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'send 1']);
    expect(await sent).to.deep.equal({ name: 'DeliveryTimeoutError', outcome: 'unknown', ms: 1000 });
    void rig.engine.shutdown(0);
    await clock.tickAsync(1000);
  });
});
