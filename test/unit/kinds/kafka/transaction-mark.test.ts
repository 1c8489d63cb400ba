import { expect } from 'chai';
import { formatMark, holds, MAX_RUNS, parseMark } from '../../../../src/kinds/kafka/transaction-mark.ts';
import { runsOf } from '../../../../src/shared/sequence-ranges.ts';

describe('the mark of a transaction', () => {
  it('comes back as it was', () => {
    const mark = { run: '00ff00ff00ff00ff', messages: runsOf([0, 1, 2, 5, Number.MAX_SAFE_INTEGER]) };
    expect(parseMark(formatMark(mark))).to.deep.equal(mark);
  });

  it('holds the messages that it names and no other: one that was taken out in the middle is not delivered', () => {
    const mark = { run: '', messages: runsOf([3, 4, 6]) };
    expect([2, 3, 4, 5, 6, 7].filter((number) => holds(mark, number))).to.deep.equal([3, 4, 6]);
  });

  it('fits what a broker takes with as many runs as a transaction may have', () => {
    const messages = Array.from(
      { length: MAX_RUNS },
      () => [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const,
    );
    expect(formatMark({ run: '00ff00ff00ff00ff', messages }).length).to.be.below(4096);
  });

  for (const text of ['', 'outspool:1:00ff00ff00ff00ff:0', 'outspool:2:00ff00ff00ff00ff:0-1', 'somebody: 1'])
    it(`'${text}' is none`, () => expect(parseMark(text)).to.equal(undefined));
});
