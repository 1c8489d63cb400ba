import { expect } from 'chai';
import { NotThere } from '../../../../src/worker/spool/missing-ranges.ts';

describe('messages that the spool does not give', () => {
  it('are lost where it has said so, unused where they never were, and else had settled before', () => {
    const notThere = new NotThere();
    notThere.lost.add([5, 12]);
    notThere.unused.add([15, 16]);
    notThere.unused.add([40, 50]);
    expect([...notThere.divide([10, 20])]).to.deep.equal([
      ['lost', [10, 12]],
      ['unused', [15, 16]],
      ['settled', [13, 14]],
      ['settled', [17, 20]],
    ]);
  });

  it('are lost or unused also where it is a single one, and those next to it are not', () => {
    const notThere = new NotThere();
    notThere.lost.add([5, 5]);
    notThere.unused.add([6, 6]);
    const fateOf = (number: number) => [...notThere.divide([number, number])].map(([fate]) => fate);
    expect([4, 5, 6, 7].map(fateOf)).to.deep.equal([['settled'], ['lost'], ['unused'], ['settled']]);
  });
});
