import { expect } from 'chai';
import type sinon from 'sinon';
import type { DeadLetter } from '../../../src/caller/dead-letters/dead-letter.ts';
import type { EngineOptions } from '../../../src/caller/options.ts';
import { ConfigError, PermanentSendError, ProducerFencedError } from '../../../src/shared/errors.ts';
import { EngineRig, HeldTransport } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';

describe('on_shutdown: dead_letter', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const rigWith = (transport: ScriptedTransport, deadLetter: EngineOptions['deadLetter']) =>
    new EngineRig(transport, { deadLetter, onShutdown: 'dead_letter' });

  async function shutdown({ engine }: EngineRig) {
    const before = performance.now();
    const done = engine.shutdown(1000).then((outcome) => ({ ...outcome, ms: performance.now() - before }));
    await clock.tickAsync(5000);
    return done;
  }

  const unreachable = () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      throw new Error('refused');
    };
    return transport;
  };

  it('what is left goes to the target in order, with the reason, and is counted as dead-lettered', async () => {
    const letters: DeadLetter[] = [];
    const rig = rigWith(unreachable(), (letter) => letters.push(letter));
    rig.produce(0, 1, 2);
    await clock.tickAsync(10);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ delivered: 0, deadLettered: 3, undelivered: 0, timedOut: false });
    expect(letters.map(({ message, reasonClass }) => [message.json(), reasonClass])).to.deep.equal([
      [0, 'shutdown'],
      [1, 'shutdown'],
      [2, 'shutdown'],
    ]);
    expect(letters[0]?.reason).to.match(/ended before the message was delivered \(.*refused\)$/);
  });

  it('also what the deadline caught in flight, and within the deadline', async () => {
    const letters: DeadLetter[] = [];
    const rig = rigWith(new HeldTransport(), (letter) => letters.push(letter));
    rig.produce(0, 1, 2);
    await clock.tickAsync(10);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ deadLettered: 3, undelivered: 0, timedOut: true });
    expect(outcome.ms).to.be.at.most(1000);
  });

  it('what the target does not take before the deadline is undelivered, also when it takes it later', async () => {
    const rig = rigWith(unreachable(), ({ message }) => {
      const value = message.json() as number;
      return value === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, 3000));
    });
    rig.produce(0, 1, 2);
    await clock.tickAsync(10);
    const outcome = await shutdown(rig);
    expect(outcome).to.include({ deadLettered: 1, undelivered: 2 });
    expect(outcome.ms).to.be.at.most(1000);
    expect(rig.engine.stats()).to.include({ deadLettered: 1, undelivered: 2, pending: 0 });
  });

  it('a target that fails leaves them undelivered, and says why once', async () => {
    const rig = rigWith(unreachable(), () => {
      throw new Error('the file system is full');
    });
    rig.produce(...Array.from({ length: 2500 }, (_, index) => index));
    await clock.tickAsync(10);
    expect(await shutdown(rig)).to.include({ deadLettered: 0, undelivered: 2500 });
    const said = rig.logs.filter(({ fields }) => fields.err === 'the file system is full');
    expect(said.map(({ message }) => message)).to.deep.equal(['the dead-letter target failed']);
  });

  it('what was accepted by a producer that cannot go on goes there at once', async () => {
    const letters: DeadLetter[] = [];
    const transport = new ScriptedTransport(() => {
      throw new ProducerFencedError('another one has taken over');
    });
    const rig = rigWith(transport, (letter) => letters.push(letter));
    rig.produce(0, 1);
    await clock.tickAsync(100);
    expect(rig.engine.stats()).to.include({ deadLettered: 2, undelivered: 0, pending: 0, state: 'failed' });
    expect(letters[0]?.reason).to.contain('another one has taken over');
  });

  it('without a target it is counted in an error, because a process that ends now has no shutdown to count it', async () => {
    const fenced = new ScriptedTransport(() => {
      throw new ProducerFencedError('another one has taken over');
    });
    const { engine, logs } = new EngineRig(fenced);
    for (const value of [0, 1]) engine.accept({ value }, { isError: false, report: false });
    await clock.tickAsync(100);
    expect(engine.stats()).to.include({ undelivered: 2, pending: 0, state: 'failed' });
    const counted = logs.filter(({ fields }) => fields.undelivered === 2);
    expect(counted.map(({ level }) => level)).to.deep.equal(['error']);
  });

  it('what has permanently failed is with the target already, and is not offered a second time', async () => {
    const asked: unknown[] = [];
    const transport = new ScriptedTransport((value) => {
      if (value === 'bad') throw new PermanentSendError('poison');
      return new Promise(() => {});
    });
    const rig = rigWith(transport, ({ message }) => {
      asked.push(message.json());
      return message.json() === 'bad' ? new Promise(() => {}) : undefined;
    });
    rig.produce('bad', 'good');
    await clock.tickAsync(10);
    expect(asked).to.deep.equal(['bad']);
    expect(await shutdown(rig)).to.include({ deadLettered: 1, undelivered: 1 });
    expect(asked).to.deep.equal(['bad', 'good']);
  });

  it('tells whoever waits for a message what became of it', async () => {
    const rig = rigWith(unreachable(), () => {});
    const sent = rig.engine.send({ value: 0 }, { isError: false }, { timeout: 60_000 }).catch((reason) => reason);
    await clock.tickAsync(10);
    await shutdown(rig);
    expect(await sent).to.include({ name: 'PublishError', outcome: 'dead_lettered' });
  });

  it('one letter that the target refuses for itself does not keep those behind it from being offered', async () => {
    let taken = 0;
    const rig = rigWith(unreachable(), ({ message }) => {
      if (message.json() === 0) throw new Error('not this one');
      taken++;
    });
    rig.produce(...Array.from({ length: 2500 }, (_, index) => index));
    await clock.tickAsync(10);
    expect(await shutdown(rig)).to.include({ deadLettered: 2499, undelivered: 1 });
    expect(taken).to.equal(2499);
  });

  it('is not for the default: what is left is undelivered, and no target is asked', async () => {
    const rig = new EngineRig(unreachable(), { deadLetter: () => Promise.reject(new ConfigError('asked')) });
    rig.produce(0);
    await clock.tickAsync(10);
    expect(await shutdown(rig)).to.include({ deadLettered: 0, undelivered: 1 });
  });
});
