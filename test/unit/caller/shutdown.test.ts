import { expect } from 'chai';
import type sinon from 'sinon';
import { PermanentSendError, ShutdownTimeoutError, TransientSendError } from '../../../src/shared/errors.ts';
import { EngineRig, HeldTransport } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';

describe('shutdown(1000)', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Shuts down and says what became of the messages, and after how many ms of the clock. */
  async function shutdown({ engine }: EngineRig) {
    const before = performance.now();
    const done = engine.shutdown(1000).then((outcome) => ({ ...outcome, ms: performance.now() - before }));
    await clock.tickAsync(5000);
    return done;
  }

  it('gives up what does not come back by the deadline, and counts it', async () => {
    const rig = new EngineRig(new HeldTransport());
    rig.produce(0, 1, 2);
    await clock.tickAsync(10);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ delivered: 0, undelivered: 3, timedOut: true });
    expect(outcome.ms).to.be.at.most(1200);
  });

  it('logs what it gives up as an error, with the count', async () => {
    const rig = new EngineRig(new HeldTransport());
    rig.produce(0, 1, 2);
    await clock.tickAsync(10);
    await shutdown(rig);
    const lost = rig.logs.filter(({ fields }) => fields.undelivered === 3);
    expect(lost.map(({ level }) => level)).to.deep.equal(['error']);
  });

  it('logs at info that every message was delivered', async () => {
    const rig = new EngineRig();
    rig.produce(0, 1);
    await clock.tickAsync(10);
    await shutdown(rig);
    expect(rig.logs).to.have.length(1);
    expect(rig.logs[0]).to.include({ level: 'info', message: 'the producer was shut down' });
  });

  it('does not log that the queue has capacity again when it only gives up its messages', async () => {
    for (const whenFull of ['reject', 'block', 'drop_newest'] as const) {
      const rig = new EngineRig(new HeldTransport(), { whenFull, maxMessages: 3 });
      for (let value = 0; value < 5; value++) rig.enqueue(value, { timeout: 60_000 }).catch(() => {});
      await clock.tickAsync(2000);
      expect(rig.logs.map(({ message }) => message).join(), whenFull).to.include('the queue is full');
      await shutdown(rig);
      expect(rig.logs.map(({ message }) => message).join(), whenFull).to.not.include('capacity');
    }
  });

  it('tells whoever waits for a message that the deadline came first', async () => {
    const rig = new EngineRig(new HeldTransport());
    const sent = rig.engine.send({ value: 0 }, { isError: false }, { timeout: 60_000 }).catch((reason) => reason);
    await clock.tickAsync(10);
    await shutdown(rig);
    expect(await sent).to.include({ name: 'PublishError', outcome: 'undelivered' });
    expect((await sent).cause).to.be.instanceOf(ShutdownTimeoutError);
  });

  it('gives up a connection that does not come', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => new Promise(() => {});
    const rig = new EngineRig(transport);
    rig.produce(0);
    await clock.tickAsync(10);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ undelivered: 1, timedOut: true });
    expect(outcome.ms).to.be.at.most(1200);
  });

  it('gives up a connection that does not close', async () => {
    const transport = new ScriptedTransport();
    transport.onClose = () => new Promise(() => {});
    const rig = new EngineRig(transport);
    rig.produce(0);
    await clock.tickAsync(10);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ delivered: 1 });
    expect(outcome.ms).to.be.at.most(1200);
  });

  it('wakes a back-off and makes one last pass, in order', async () => {
    let down = true;
    const transport = new ScriptedTransport(() => {
      if (down) throw new Error('down');
    });
    const rig = new EngineRig(transport, { settings: { maxRetries: 0 } as never });
    rig.produce(0, 1, 2);
    await clock.tickAsync(30_000);
    down = false;
    expect(await shutdown(rig)).to.include({ delivered: 3, undelivered: 0, timedOut: false });
    expect(transport.delivered).to.deep.equal([0, 1, 2]);
  });

  it('delivers what the credits had not let out yet', async () => {
    const rig = new EngineRig(new ScriptedTransport(), { maxBytes: 64 * 2 ** 20 });
    rig.produce(...Array.from({ length: 40_000 }, (_, index) => index));
    expect(await shutdown(rig)).to.include({ delivered: 40_000, undelivered: 0, timedOut: false });
  });

  it('ends the last pass with the first connection that fails', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      throw new Error('refused');
    };
    const rig = new EngineRig(transport, { settings: { maxRetries: 0 } as never });
    rig.produce(0);
    await clock.tickAsync(1000);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ undelivered: 1, timedOut: false });
    expect(transport.story.filter((call) => call === 'connect')).to.have.lengthOf(2);
  });

  it('ends when the last dead letter has been taken, whatever else is left that nothing delivers any more', async () => {
    const transport = new ScriptedTransport((value) => {
      throw value === 0 ? new PermanentSendError('bad') : new TransientSendError('down');
    });
    const deadLetter = () => new Promise<void>((resolve) => setTimeout(resolve, 400));
    const rig = new EngineRig(transport, { deadLetter, settings: { maxRetries: 0 } as never });
    rig.produce(0, 1);
    await clock.tickAsync(10);
    transport.onConnect = () => {
      throw new Error('refused');
    };
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ deadLettered: 1, undelivered: 1, timedOut: false });
    expect(outcome.ms).to.be.within(380, 500);
  });
});
