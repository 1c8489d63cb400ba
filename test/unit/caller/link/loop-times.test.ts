import { expect } from 'chai';
import { LoopTimesOfAll } from '../../../../src/caller/link/loop-times.ts';

describe('the times of the workers’ loops', () => {
  it('add up over threads, and never fall', () => {
    const times = new LoopTimesOfAll();
    times.begin();
    expect(times.with()).to.deep.equal({ activeMs: 0, idleMs: 0 });
    expect(times.with({ activeMs: 10, idleMs: 5 })).to.deep.equal({ activeMs: 10, idleMs: 5 });
    expect(times.with({ activeMs: 0, idleMs: 0 })).to.deep.equal({ activeMs: 10, idleMs: 5 }); // the thread has ended
    times.begin();
    expect(times.with({ activeMs: 1, idleMs: 2 })).to.deep.equal({ activeMs: 11, idleMs: 7 });
    expect(times.with()).to.deep.equal({ activeMs: 11, idleMs: 7 });
  });
});
