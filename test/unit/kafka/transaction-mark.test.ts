import { expect } from 'chai';
import { formatMark, parseMark } from '../../../src/producers/kafka/transaction-mark.ts';

describe('the mark of a transaction', () => {
  it('comes back as it was', () => {
    const mark = { run: '00ff00ff00ff00ff', first: 0, last: Number.MAX_SAFE_INTEGER };
    expect(parseMark(formatMark(mark))).to.deep.equal(mark);
  });

  for (const text of ['', 'outspool:1:00ff00ff00ff00ff:0', 'outspool:2:00ff00ff00ff00ff:0:1', 'somebody: 1'])
    it(`'${text}' is none`, () => expect(parseMark(text)).to.equal(undefined));
});
