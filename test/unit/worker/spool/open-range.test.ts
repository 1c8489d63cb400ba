import { expect } from 'chai';
import { OpenRange } from '../../../../src/worker/spool/open-range.ts';

describe('what was delivered of a range', () => {
  it('is one run when all of it is through, however it came and whatever was said before', () => {
    const range = new OpenRange({ sequence: 10, count: 6 });
    for (const number of [11, 15, 13]) range.delivered(number);
    expect(range.take()).to.deep.equal([
      [11, 11],
      [13, 13],
      [15, 15],
    ]);
    expect([range.isThrough, range.hasUnsaid]).to.deep.equal([false, false]);
    for (const number of [14, 10, 12]) range.delivered(number);
    expect(range.isThrough).to.equal(true);
    expect(range.take()).to.deep.equal([[10, 15]]);
  });

  it('is joined in the order of its numbers', () => {
    const range = new OpenRange({ sequence: 0, count: 10 });
    for (const number of [3, 1, 2, 7]) range.delivered(number);
    expect(range.take()).to.deep.equal([
      [1, 3],
      [7, 7],
    ]);
    expect(range.take()).to.deep.equal([]);
  });

  it('never holds what has permanently failed', () => {
    const range = new OpenRange({ sequence: 0, count: 3 });
    range.delivered(0);
    range.permanentlyFailed();
    range.delivered(2);
    expect(range.isThrough).to.equal(true);
    expect(range.take()).to.deep.equal([
      [0, 0],
      [2, 2],
    ]);
  });
});
