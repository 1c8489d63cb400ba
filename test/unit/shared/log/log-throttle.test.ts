import { expect } from 'chai';
import type sinon from 'sinon';
import { Repeats } from '../../../../src/shared/log/log-throttle.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { fakeClock } from '../../../support/fake-clock.ts';

describe('what repeats itself in the log', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rig() {
    const stop = new AbortController();
    const repeats = new Repeats(systemClock, stop.signal);
    const said: [reason: string, leftOut?: number][] = [];
    const again = (reason: string, times = 1) => {
      for (let time = 0; time < times; time++)
        repeats.say(reason, ({ leftOut }) => said.push(leftOut === undefined ? [reason] : [reason, leftOut]));
    };
    return { stop, said, again };
  }

  it('is said at once, and then after twice as long each time, with how many were left out', async () => {
    const { said, again } = rig();
    again('gone', 1000);
    expect(said).to.deep.equal([['gone']]);
    await clock.tickAsync(1000);
    again('gone', 7);
    expect(said).to.deep.equal([['gone'], ['gone', 998]]); // with the two lines these are the 1000
    await clock.tickAsync(1999);
    expect(said).to.have.lengthOf(2);
    await clock.tickAsync(1);
    expect(said).to.deep.equal([['gone'], ['gone', 998], ['gone', 6]]);
  });

  it('has a line a minute at least for as long as it lasts', async () => {
    const { said, again } = rig();
    for (let time = 0; time < 1200; time++) {
      again('gone');
      await clock.tickAsync(500);
    }
    expect(said.length).to.be.within(13, 16);
    expect(said.reduce((sum, [, leftOut = 0]) => sum + 1 + leftOut, 0)).to.be.at.least(1080);
  });

  it('another reason has its own line', () => {
    const { said, again } = rig();
    again('gone');
    again('refused');
    expect(said).to.deep.equal([['gone'], ['refused']]);
  });

  it('another reason takes the place of the line that waits, and counts it as left out', async () => {
    const { said, again } = rig();
    again('gone', 3);
    again('refused');
    expect(said).to.deep.equal([['gone'], ['refused', 2]]);
    expect(clock.countTimers()).to.equal(0);
    await clock.tickAsync(500);
    again('refused', 2);
    await clock.tickAsync(500);
    expect(said).to.deep.equal([['gone'], ['refused', 2], ['refused', 1]]);
  });

  it('leaves no timer when nothing waits for its line, and keeps to its interval after a quiet time', async () => {
    const { said, again } = rig();
    again('gone');
    await clock.tickAsync(1000);
    expect(clock.countTimers()).to.equal(0);
    again('gone'); // the second line, so that the third one has to wait for 2 s
    await clock.tickAsync(1500);
    again('gone');
    expect(said).to.deep.equal([['gone'], ['gone']]);
    await clock.tickAsync(500);
    expect(said).to.deep.equal([['gone'], ['gone'], ['gone']]); // each has its line, so none was left out
  });

  it('has a line at once again after a quarter of an hour', async () => {
    const { said, again } = rig();
    again('gone', 3);
    await clock.tickAsync(3_600_000);
    again('gone', 2);
    expect(said).to.deep.equal([['gone'], ['gone', 1], ['gone']]);
  });

  for (const everyMs of [10, 900, 1100, 1500, 7000, 61_000, 300_000, 890_000, 910_000])
    it(`has fewer than 250 lines in a day, whatever comes every ${everyMs} ms`, async () => {
      const { said, again } = rig();
      for (let ms = 0; ms < 86_400_000; ms += Math.max(everyMs, 1000)) {
        again(`request ${ms} is refused`, everyMs < 1000 ? 3 : 1);
        await clock.tickAsync(Math.max(everyMs, 1000));
      }
      expect(said.length).to.be.within(10, 250);
    });

  it('what was left out is said at the end', async () => {
    const { stop, said, again } = rig();
    again('gone', 3);
    stop.abort();
    await clock.tickAsync(0);
    expect(said).to.deep.equal([['gone'], ['gone', 1]]);
    expect(clock.countTimers()).to.equal(0);
  });
});
