import { expect } from 'chai';
import type sinon from 'sinon';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LoopRig } from '../../../support/loop-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

describe('the delivery loop: what an outage leaves behind', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Refuses the first connections. */
  function refusing(connections: number, transport: ScriptedTransport): ScriptedTransport {
    let refused = 0;
    transport.onConnect = () => {
      if (refused++ < connections) throw new Error('refused');
    };
    return transport;
  }

  it('a message has all of its attempts after failed connections (I6)', async () => {
    const transport = new ScriptedTransport((_value, attempt) => {
      if (attempt <= 2) throw new Error('not now');
    });
    new LoopRig(refusing(2, transport), { maxRetries: 2 }).start(1);
    await clock.tickAsync(10_000);
    const sends = transport.story.slice(transport.story.indexOf('send 0'));
    expect(sends).to.deep.equal(['send 0', 'send 0', 'send 0']);
  });

  it('has one line for each reason, not for each attempt to connect', async () => {
    const transport = new ScriptedTransport();
    let attempts = 0;
    transport.onConnect = () => {
      throw new Error(attempts++ < 4 ? 'refused' : 'no permission');
    };
    const rig = new LoopRig(transport, { maxRetries: 20 });
    rig.start(1);
    await clock.tickAsync(10_000);
    expect(attempts).to.be.above(6);
    expect(rig.loud).to.deep.equal(['cannot connect', 'cannot connect']);
  });

  it('an attempt to connect that is late is told to end, and so is one that a shutdown gives up', async () => {
    const signals: AbortSignal[] = [];
    const transport = new ScriptedTransport();
    transport.onConnect = (signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const rig = new LoopRig(transport, { connectTimeoutMs: 1000 });
    rig.start(1);
    await clock.tickAsync(999);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
    await clock.tickAsync(1);
    expect(signals[0]?.aborted).to.equal(true);
    await clock.tickAsync(60_000);
    expect(signals.length).to.be.above(1);
    rig.loop.abort();
    await clock.tickAsync(10);
    expect(signals.at(-1)?.aborted).to.equal(true);
  });

  it('the history of a dead letter holds its own failures alone (I6)', async () => {
    const transport = new ScriptedTransport(() => {
      throw new PermanentSendError('poison');
    });
    const rig = new LoopRig(refusing(3, transport));
    rig.start(1);
    await clock.tickAsync(10_000);
    expect(rig.permanentlyFailed.map(({ attempts }) => attempts.map(({ error }) => error.message))).to.deep.equal([
      ['poison'],
    ]);
  });
});
