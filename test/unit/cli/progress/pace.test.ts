import { expect } from 'chai';
import { PaceMeter } from '../../../../src/cli/progress/pace.ts';

describe('the pace of a command', () => {
  it('is that of the last five seconds', () => {
    const meter = new PaceMeter();
    expect(meter.take({ done: 0 }, 0)).to.deep.equal({ rate: 0 });
    for (let second = 1; second <= 10; second++) meter.take({ done: second * 100 }, second * 1000);
    for (let second = 11; second <= 14; second++) meter.take({ done: 1000 }, second * 1000);
    expect(meter.take({ done: 1000 }, 15_000).rate).to.equal(0);
    expect(meter.take({ done: 2000 }, 16_000).rate).to.equal(200);
  });

  it('tells the time that is left by the share that is done, and none while nothing moves', () => {
    const meter = new PaceMeter();
    expect(meter.take({ done: 0, share: 0 }, 0).leftMs).to.equal(undefined);
    expect(meter.take({ done: 0, share: 0 }, 500).leftMs).to.equal(undefined);
    expect(meter.take({ done: 10, share: 0.25 }, 1000).leftMs).to.equal(3000);
    expect(meter.take({ done: 40, share: 1 }, 2000).leftMs).to.equal(0);
  });

  it('is never negative, although counters of a restarted producer may be lower', () => {
    const meter = new PaceMeter();
    meter.take({ done: 10 }, 0);
    expect(meter.take({ done: 0 }, 1000).rate).to.equal(0);
  });
});
