import { expect } from 'chai';
import { Relief } from '../../../../src/caller/spool/memory-relief.ts';

describe('giving memory back to a queue with a spool', () => {
  const asked = (state: { connected?: boolean; fullness?: number; mark?: number; directRanges?: number }) => {
    const { connected = true, fullness = 0, mark = 0.8, directRanges = 16 } = state;
    let count = 0;
    new Relief({
      life: { isConnected: connected },
      queue: { fullness },
      highWaterMark: mark,
      directRanges,
      post: ({ type }) => {
        expect(type).to.equal('makeRoom');
        count++;
      },
    }).consider();
    return count === 1;
  };

  it('is not asked for while the broker takes messages and callers heed the high-water mark', () => {
    expect(asked({ fullness: 0 })).to.equal(false);
    expect(asked({ fullness: 0.85 })).to.equal(false);
  });

  it('is asked for when the queue is nearly full, however high the mark', () => {
    expect(asked({ fullness: 0.91 })).to.equal(true);
    expect(asked({ fullness: 0.94, mark: 1 })).to.equal(false);
    expect(asked({ fullness: 0.96, mark: 1 })).to.equal(true);
    expect(asked({ fullness: 0.6, mark: 0.1 })).to.equal(true);
  });

  it('is asked for without a connection, and where nothing may wait in memory', () => {
    expect(asked({ connected: false })).to.equal(true);
    expect(asked({ directRanges: 0 })).to.equal(true);
  });
});
