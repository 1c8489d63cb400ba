import { expect } from 'chai';
import type sinon from 'sinon';
import { Pace } from '../../../../../src/kinds/kafka/batches/pace.ts';
import { fakeClock } from '../../../../support/fake-clock.ts';

const FIRST = 4096;

describe('the pace of a Kafka producer', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Sends as much as it may, which is taken. */
  function fill(pace: Pace): void {
    const taken = pace.sent();
    pace.reached();
    taken();
  }

  it('begins with little and is without a limit after eight round trips', () => {
    const pace = new Pace();
    expect(pace.bytes).to.equal(FIRST);
    for (let trip = 1; trip <= 8; trip++) fill(pace);
    expect(pace.bytes).to.equal(FIRST * 256);
    fill(pace);
    expect(pace.bytes).to.equal(Number.POSITIVE_INFINITY);
  });

  it('grows by whatever is sent: a partition that does not answer would soon fill a small limit', () => {
    const pace = new Pace();
    for (let trip = 0; trip < 9; trip++) pace.sent()();
    expect(pace.bytes).to.equal(Number.POSITIVE_INFINITY);
  });

  it('falls to what a pause of a second is for, once for each pause', async () => {
    const pace = new Pace();
    const taken = pace.sent();
    pace.reached();
    pace.throttled(4000, 0); // the answers for two partitions of one broker
    pace.throttled(8000, 0);
    taken();
    expect(pace.bytes).to.equal(FIRST / 8);
    await clock.tickAsync(8000);
    pace.throttled(2000, 0);
    expect(pace.bytes).to.equal(FIRST / 16);
  });

  it('keeps the limit of a long pause through a shorter one that another broker asks for meanwhile', async () => {
    const pace = new Pace();
    pace.throttled(8000, 0);
    await clock.tickAsync(400);
    pace.throttled(300, 0);
    await clock.tickAsync(400);
    pace.throttled(4000, 0); // still the same pause: for what was sent before it
    expect(pace.bytes).to.equal(FIRST / 4);
  });

  it('never falls below one message, and recovers when the quota is lifted', async () => {
    const pace = new Pace();
    for (let pause = 0; pause < 5; pause++) {
      pace.throttled(500_000, 0);
      await clock.tickAsync(500_000);
    }
    expect(pace.bytes).to.equal(1);
    for (let trip = 0; trip < 21; trip++) fill(pace);
    expect(pace.bytes).to.equal(Number.POSITIVE_INFINITY);
  });

  for (const [name, bytes, before] of [
    ['little', 440, FIRST],
    ['some', 60_000, 60_000],
    ['much', 5_000_000, 1024 * 1024],
  ] as const) {
    it(`without a limit, with ${name} on the way, has the limit that its pause is for`, () => {
      for (const ms of [10_000, 1000, 800]) {
        const pace = new Pace();
        for (let trip = 0; trip < 9; trip++) fill(pace);
        pace.throttled(ms, bytes);
        const limit = (before * 1000) / ms;
        expect(pace.bytes, `${ms} ms`).to.equal(limit > 1024 * 1024 ? Number.POSITIVE_INFINITY : limit);
      }
    });
  }

  it('grows through pauses of a second: a quota of requests asks for them whatever their size', async () => {
    const pace = new Pace();
    for (let pause = 0; pause < 14; pause++) {
      pace.reached();
      pace.throttled(1000, 0);
      await clock.tickAsync(1000);
    }
    expect(pace.bytes).to.equal(Number.POSITIVE_INFINITY);
  });

  it('does not grow by what is taken while a broker asks for a pause', () => {
    const pace = new Pace();
    const taken = pace.sent();
    pace.reached();
    pace.throttled(600, 0);
    pace.reached();
    taken();
    expect(pace.bytes).to.equal(FIRST * 1.5);
  });

  describe('of transactions', () => {
    it('sends one message alone after a long pause, until one is answered without such a pause', async () => {
      const pace = new Pace(true);
      pace.throttled(4000, 0);
      for (const pause of [6000, 5000]) {
        expect(pace.bytes).to.equal(1);
        await clock.tickAsync(6000);
        pace.sent();
        pace.throttled(pause, 0);
      }
      await clock.tickAsync(5000);
      expect(pace.bytes).to.equal(1);
      fill(pace);
      expect(pace.bytes, 'the pauses after it were for what went before it').to.equal(FIRST / 4);
    });

    it('a short pause ends that, unless it is a part of the long one', async () => {
      const pace = new Pace(true);
      pace.throttled(4000, 0);
      await clock.tickAsync(1000);
      pace.throttled(600, 0);
      expect(pace.bytes).to.equal(1);
      await clock.tickAsync(3000);
      pace.throttled(600, 0);
      expect(pace.bytes).to.equal(FIRST / 4);
    });

    it('is never without a limit by short pauses after a long one', async () => {
      const pace = new Pace(true);
      for (let trip = 0; trip < 9; trip++) fill(pace);
      pace.throttled(10_000, 0);
      await clock.tickAsync(10_000);
      pace.reached();
      pace.throttled(800, 0);
      pace.throttled(700, 0);
      expect(pace.bytes).to.be.below(1024 * 1024);
    });
  });

  it('does not grow through pauses for less than it allows', () => {
    const pace = new Pace();
    pace.throttled(600, 0);
    expect(pace.bytes).to.equal(FIRST);
  });
});
