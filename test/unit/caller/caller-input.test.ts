import { expect } from 'chai';
import type sinon from 'sinon';
import { checkedMs, checkedWait } from '../../../src/caller/wait-options.ts';
import { asError, ConfigError, PublishError } from '../../../src/shared/errors.ts';
import { safeLogger } from '../../../src/shared/log/logger.ts';
import { EngineRig, HeldTransport } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('what callers say', () => {
  it('takes durations as milliseconds, Infinity or texts with a unit', () => {
    expect([0, 1.5, Number.POSITIVE_INFINITY, '30s', '250ms'].map((value) => checkedMs(value))).to.deep.equal([
      0,
      1.5,
      Number.POSITIVE_INFINITY,
      30_000,
      250,
    ]);
  });

  for (const bad of [Number.NaN, -1, null, {}, 1n, '5000', 'x'])
    it(`refuses ${typeof bad} ${bad} as a duration`, () => {
      expect(() => checkedMs(bad as never)).to.throw(ConfigError, 'expected');
    });

  it('refuses a signal that is none', () => {
    expect(() => checkedWait({ signal: 'x' as never })).to.throw(ConfigError, 'AbortSignal');
  });

  it('refuses a logger that is none, and swallows what one throws', () => {
    expect(() => safeLogger({} as never, String)).to.throw(ConfigError, 'has no method debug');
    const boom = () => {
      throw new Error('boom');
    };
    safeLogger({ debug: boom, info: boom, warn: boom, error: boom }, String).error({}, 'text');
  });

  it('makes an error of whatever was thrown', () => {
    expect(
      [asError('text'), asError(undefined), asError(Object.create(null))].map(({ message }) => message),
    ).to.deep.equal(['text', 'undefined', 'something that has no text was thrown']);
  });
});

describe('messages that are dropped in the turn in which they came', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  it('tell their send at once', async () => {
    const rig = new EngineRig(new HeldTransport(), { whenFull: 'drop_oldest', maxMessages: 1 });
    const sent = [0, 1, 2].map((value) =>
      rig.engine.send({ value }, { isError: false }, { timeout: Number.POSITIVE_INFINITY }),
    );
    const ends = Promise.allSettled(sent.slice(0, 2));
    await clock.tickAsync(1);
    for (const end of await ends)
      expect((end as PromiseRejectedResult).reason)
        .to.be.instanceOf(PublishError)
        .and.include({ outcome: 'dropped' });
    expect(rig.engine.stats()).to.include({ dropped: 2, pending: 1 });
  });

  it('an endless deadline for shutdown is no short one', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport);
    rig.produce(0, 1);
    const closed = rig.engine.shutdown(Number.POSITIVE_INFINITY);
    await clock.tickAsync(100_000);
    transport.release();
    await clock.tickAsync(100);
    expect(await closed).to.include({ delivered: 2, undelivered: 0, timedOut: false });
  });
});
