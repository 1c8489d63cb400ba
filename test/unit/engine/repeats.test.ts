import { expect } from 'chai';
import type sinon from 'sinon';
import { systemClock } from '../../../src/clock.ts';
import { Repeats } from '../../../src/engine/repeats.ts';
import { fakeClock } from '../../support/fake-clock.ts';

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
    expect(said).to.deep.equal([['gone'], ['gone', 999]]);
    await clock.tickAsync(1999);
    expect(said).to.have.lengthOf(2);
    await clock.tickAsync(1);
    expect(said).to.deep.equal([['gone'], ['gone', 999], ['gone', 7]]);
  });

  it('has a line a minute at least for as long as it lasts', async () => {
    const { said, again } = rig();
    for (let time = 0; time < 1200; time++) {
      again('gone');
      await clock.tickAsync(500);
    }
    expect(said.length).to.be.within(13, 16);
    expect(said.slice(1).reduce((sum, [, leftOut = 0]) => sum + leftOut, 1)).to.be.at.least(1080);
  });

  it('another reason has its own line', () => {
    const { said, again } = rig();
    again('gone');
    again('refused');
    expect(said).to.deep.equal([['gone'], ['refused']]);
  });

  it('is news again after a quiet second, and leaves no timer', async () => {
    const { said, again } = rig();
    again('gone');
    await clock.tickAsync(1000);
    expect(clock.countTimers()).to.equal(0);
    again('gone');
    expect(said).to.deep.equal([['gone'], ['gone']]);
  });

  it('what was left out is said at the end', async () => {
    const { stop, said, again } = rig();
    again('gone', 3);
    stop.abort();
    await clock.tickAsync(0);
    expect(said).to.deep.equal([['gone'], ['gone', 2]]);
    expect(clock.countTimers()).to.equal(0);
  });
});
