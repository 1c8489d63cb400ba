import { expect } from 'chai';
import type sinon from 'sinon';
import {
  ConfigError,
  PermanentSendError,
  ProducerFencedError,
  TransientSendError,
} from '../../../../src/shared/errors.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LoopRig } from '../../../support/loop-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

const MINUTE = 60_000;

describe('the delivery loop: retries and resets', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const down = () => {
    throw new Error('down');
  };
  const sends = (transport: ScriptedTransport) => transport.calls.filter(({ what }) => what === 'send');

  it('attempts 1 + max_retries times, resets, waits 60 s and starts again', async () => {
    const transport = new ScriptedTransport(down);
    const rig = new LoopRig(transport, { maxRetries: 5 });
    rig.start(1);
    await clock.tickAsync(MINUTE - 1);
    const round = Array.from({ length: 6 }, () => 'send 0');
    expect(transport.story).to.deep.equal(['connect', ...round, 'close', 'connect']);
    await clock.tickAsync(2 * MINUTE);
    expect(transport.story.slice(0, 17)).to.deep.equal([
      'connect',
      ...round,
      'close',
      'connect',
      ...round,
      'close',
      'connect',
    ]);
  });

  it('waits the whole back-off between two rounds of attempts, and jittered short pauses within one', async () => {
    const transport = new ScriptedTransport(down);
    new LoopRig(transport, { maxRetries: 5 }).start(1);
    await clock.tickAsync(2 * MINUTE);
    const at = sends(transport).map((call) => call.at);
    expect((at[6] as number) - (at[5] as number)).to.equal(MINUTE);
    expect((at[5] as number) - (at[0] as number)).to.be.within(1550, 3100);
  });

  describe('where the other side asks for a wait', () => {
    const wait = (retryAfterMs: number) => () => {
      throw new TransientSendError('busy', { retryAfterMs });
    };
    /** The pauses before the second and third send, in ms. */
    const pauses = (transport: ScriptedTransport) => {
      const [first = 0, second = 0, third = 0] = sends(transport).map(({ at }) => at);
      return [second - first, third - second];
    };

    it('waits so long, and no longer than the back-off', async () => {
      const patient = new ScriptedTransport(wait(7000));
      new LoopRig(patient).start(1);
      const endless = new ScriptedTransport(wait(24 * 60 * MINUTE));
      new LoopRig(endless, { backoffMs: 20_000 }).start(1);
      await clock.tickAsync(MINUTE);
      expect(pauses(patient)).to.deep.equal([7000, 7000]);
      expect(pauses(endless)).to.deep.equal([20_000, 20_000]);
    });

    it('says once that it waits for less than it is asked for', async () => {
      const endless = new LoopRig(new ScriptedTransport(wait(24 * 60 * MINUTE)), { backoffMs: 20_000 });
      const patient = new LoopRig(new ScriptedTransport(wait(7000)));
      for (const rig of [endless, patient]) rig.start(1);
      await clock.tickAsync(90 * MINUTE);
      const cuts = (rig: LoopRig) => rig.loud.filter((line) => line.includes('longer wait than backoff_seconds'));
      expect([cuts(endless).length, cuts(patient).length]).to.deep.equal([1, 0]);
    });

    it('waits no less than without it', async () => {
      const transport = new ScriptedTransport(wait(1));
      new LoopRig(transport).start(1);
      await clock.tickAsync(MINUTE);
      expect(pauses(transport)[0]).to.be.within(50, 100);
    });

    it('is woken from it by a flush, once, and by a drain, whose pass does not wait', async () => {
      const transport = new ScriptedTransport(wait(30_000));
      const rig = new LoopRig(transport);
      rig.start(1);
      await clock.tickAsync(1000);
      rig.loop.wake();
      await clock.tickAsync(1000);
      expect(sends(transport)).to.have.length(2);
      rig.loop.drain(true);
      await clock.tickAsync(10_000);
      expect(rig.ended).to.equal(true);
      expect(sends(transport)).to.have.length(6);
    });
  });

  it('says every reset in the log', async () => {
    const rig = new LoopRig(new ScriptedTransport(down), { maxRetries: 1 });
    rig.start(1);
    await clock.tickAsync(2.5 * MINUTE);
    expect(rig.logs.filter((line) => line.startsWith('reset'))).to.deep.equal([
      'reset 1 after 2 failed attempts; next try in 60 s',
      'reset 2 after 2 failed attempts; next try in 60 s',
      'reset 3 after 2 failed attempts; next try in 60 s',
    ]);
  });

  it('delivers in order once the server is back, and nothing overtakes the retries', async () => {
    const transport = new ScriptedTransport((value, attempt) => (value === 1 && attempt <= 8 ? down() : undefined));
    new LoopRig(transport).start(5);
    await clock.tickAsync(2 * MINUTE);
    expect(transport.delivered).to.deep.equal([0, 1, 2, 3, 4]);
    expect(transport.story.lastIndexOf('send 1')).to.be.below(transport.story.indexOf('send 2'));
  });

  it('dead-letters a message with a permanent error after one attempt, and goes on', async () => {
    const transport = new ScriptedTransport((value) => {
      if (value === 1) throw new PermanentSendError('no such column');
    });
    const rig = new LoopRig(transport);
    rig.start(3);
    await clock.tickAsync(10);
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'send 1', 'send 2']);
    expect(transport.delivered).to.deep.equal([0, 2]);
    expect(rig.permanentlyFailed.map(({ index }) => index)).to.deep.equal([1]);
    expect(rig.permanentlyFailed[0]?.attempts.map(({ error }) => error.message)).to.deep.equal(['no such column']);
  });

  for (const Bug of [TypeError, RangeError, ReferenceError])
    it(`takes a ${Bug.name} for a bug that does not heal by waiting`, async () => {
      const rig = new LoopRig(
        new ScriptedTransport(() => {
          throw new Bug('x is undefined');
        }),
      );
      rig.start(1);
      await clock.tickAsync(10);
      expect(rig.permanentlyFailed).to.have.lengthOf(1);
    });

  it('takes the TypeError of a failed fetch for what it is: an outage', async () => {
    const rig = new LoopRig(
      new ScriptedTransport(() => {
        throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
      }),
    );
    rig.start(1);
    await clock.tickAsync(MINUTE);
    expect(rig.permanentlyFailed).to.deep.equal([]);
    expect(rig.errors[0]).to.equal('TypeError: fetch failed: ECONNREFUSED');
  });

  it('keeps the earlier attempts in the history of a dead letter', async () => {
    const transport = new ScriptedTransport((_value, attempt) => {
      throw attempt < 3 ? new Error(`try ${attempt}`) : new PermanentSendError('enough');
    });
    const rig = new LoopRig(transport);
    rig.start(1);
    await clock.tickAsync(1000);
    expect(rig.permanentlyFailed[0]?.attempts.map(({ error }) => error.message)).to.deep.equal([
      'try 1',
      'try 2',
      'enough',
    ]);
  });

  it('gives an attempt up that does not move for attempt_timeout_seconds', async () => {
    const transport = new ScriptedTransport((_value, attempt) => (attempt === 1 ? new Promise(() => {}) : undefined));
    new LoopRig(transport, { attemptTimeoutMs: 1000 }).start(1);
    await clock.tickAsync(999);
    expect(transport.story).to.deep.equal(['connect', 'send 0']);
    await clock.tickAsync(6000);
    expect(transport.delivered).to.deep.equal([0]);
  });

  it('hands over what arrives while others are in flight, where the transport takes it', async () => {
    const transport = Object.assign(new ScriptedTransport(() => new Promise(() => {})), { batchesInFlight: 2 });
    const rig = new LoopRig(transport);
    rig.start(1);
    await clock.tickAsync(10);
    rig.offer(1);
    await clock.tickAsync(10);
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'send 0']);
  });

  it('charges a failed connection to no message', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      if (performance.now() < 3 * MINUTE) down();
    };
    const rig = new LoopRig(transport, { maxRetries: 0 });
    rig.start(3);
    await clock.tickAsync(4 * MINUTE);
    expect(transport.delivered).to.deep.equal([0, 1, 2]);
    expect(rig.permanentlyFailed).to.deep.equal([]);
    expect(transport.calls.filter(({ what }) => what === 'connect').map(({ at }) => at)).to.deep.equal([
      0,
      MINUTE,
      2 * MINUTE,
      3 * MINUTE,
    ]);
  });

  it('closes what a failed connect left behind, and gives a silent one up at its deadline', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => (transport.calls.length === 1 ? new Promise(() => {}) : undefined);
    new LoopRig(transport, { connectTimeoutMs: 5000 }).start(1);
    await clock.tickAsync(5000 + 100);
    expect(transport.story).to.deep.equal(['connect', 'close', 'connect', 'send 0']);
  });

  it('replaces a connection that its client has given up before the next attempt, without the long back-off', async () => {
    const fatal = Object.assign(new Error('fenced'), { needsReset: true });
    const transport = new ScriptedTransport((_value, attempt) => {
      if (attempt === 1) throw fatal;
    });
    new LoopRig(transport).start(1);
    await clock.tickAsync(1000);
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'close', 'connect', 'send 0']);
  });

  it('ends at once where the configuration itself is refused: connecting again cannot help', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      throw new ConfigError('no such compression');
    };
    const rig = new LoopRig(transport);
    rig.offer(1);
    const ended = rig.loop.run().then(
      () => undefined,
      (error) => error,
    );
    await clock.tickAsync(10);
    expect(await ended).to.be.instanceOf(ConfigError);
    expect(transport.story).to.deep.equal(['connect', 'close', 'close']);
  });

  it('ends and closes where another producer has taken its place: taking it back would go on for ever', async () => {
    const transport = new ScriptedTransport(() => {
      throw new ProducerFencedError('fenced');
    });
    const rig = new LoopRig(transport);
    rig.offer(2);
    const ended = rig.loop.run().then(
      () => undefined,
      (error) => error,
    );
    await clock.tickAsync(10);
    expect(await ended).to.be.instanceOf(ProducerFencedError);
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'close']);
  });

  it('ignores what a given-up attempt says of its failure later: the message is on its way again', async () => {
    let fail: (error: Error) => void = () => {};
    const transport = new ScriptedTransport((_value, attempt) => {
      if (attempt === 1)
        return new Promise((_resolve, reject) => {
          fail = reject;
        });
      return new Promise((resolve) => setTimeout(resolve, 500));
    });
    const rig = new LoopRig(transport, { attemptTimeoutMs: 1000 });
    rig.start(1);
    await clock.tickAsync(6150); // given up, recalled in vain, and attempted again
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'send 0']);
    fail(new PermanentSendError('too late'));
    await clock.tickAsync(1000);
    expect(rig.permanentlyFailed).to.deep.equal([]);
    expect(transport.delivered).to.deep.equal([0]);
  });

  it('a wake-up cuts a back-off short, once', async () => {
    const transport = new ScriptedTransport(down);
    const rig = new LoopRig(transport, { maxRetries: 0 });
    rig.start(1);
    await clock.tickAsync(1000);
    rig.loop.wake();
    await clock.tickAsync(MINUTE - 1);
    expect(sends(transport)).to.have.lengthOf(2);
  });
});
