import { expect } from 'chai';
import type sinon from 'sinon';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LoopRig } from '../../../support/loop-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

/** Takes nothing, and says for how long it was asked to wait. */
class HeldUpTransport extends ScriptedTransport {
  _heldUpMs = 0;
  /** Whether the attempt was given up. */
  interrupted = false;

  constructor() {
    super(() => new Promise(() => {}));
  }

  _interrupt(): void {
    this.interrupted = true;
  }
}

describe('the delivery loop: a server that asks to be sent nothing', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const settings = { maxRetries: 3, attemptTimeoutMs: 10_000 };

  it('does not age the attempt for as long as it asks', async () => {
    const transport = new HeldUpTransport();
    const rig = new LoopRig(transport, settings);
    rig.start(1);
    for (let second = 1; second <= 60; second++) {
      await clock.tickAsync(1000);
      transport._heldUpMs = second * 1000;
    }
    expect(transport.interrupted).to.equal(false);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });

  it('takes the time that it had asked for off, also when that is over just before the deadline', async () => {
    const transport = new HeldUpTransport();
    const rig = new LoopRig(transport, settings);
    rig.start(1);
    await clock.tickAsync(9000);
    transport._heldUpMs = 9000; // and from here on not any more
    await clock.tickAsync(9999);
    expect(transport.interrupted).to.equal(false);
    await clock.tickAsync(2);
    expect(transport.interrupted).to.equal(true);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });

  it('that does not ask has the time of an attempt, and no more', async () => {
    const transport = new HeldUpTransport();
    const rig = new LoopRig(transport, settings);
    rig.start(1);
    await clock.tickAsync(9999);
    expect(transport.interrupted).to.equal(false);
    await clock.tickAsync(2);
    expect(transport.interrupted).to.equal(true);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });
});
