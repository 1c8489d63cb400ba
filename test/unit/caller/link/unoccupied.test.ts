import { expect } from 'chai';
import { unoccupiedMs } from '../../../../src/caller/link/thread-host.ts';

describe('the time in which a thread has nothing to do', () => {
  it('does not pass while a thread that loads waits for its core', () => {
    // 165 files, read one after the other with a twentieth of a core; with a core of its own the same thread is idle for 14 ms.
    expect(unoccupiedMs({ idle: 4036, active: 613, utilization: 0.13 })).to.be.below(14);
  });

  it('passes for a thread whose module never comes, which only beats now and then', () => {
    expect(unoccupiedMs({ idle: 30_000, active: 3, utilization: 0.0001 })).to.be.above(29_000);
  });
});
